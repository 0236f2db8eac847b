// SPDX-License-Identifier: Apache-2.0
//
// A person may ask for unencrypted mail and has a right to it once warned of the risk (78 FR 5566, 5634; 45 CFR 164.522(b)).
// The record holds the version of the warning, the address, the choice, how it was asked, when, who recorded it, the scope
// and the withdrawal (hipaa/rules.md 6.5). It is a fact about one person and one address, never a setting.

package import WardKernel

package enum UnencryptedRequestTag {}
package typealias UnencryptedRequestID = Identifier<UnencryptedRequestTag>

/// The warning that is read to or by the person before they choose.
package struct UnencryptedWarning: Sendable, Hashable {
    /// Permanent: a changed text is a new version.
    package let version: String
    package let english: String
    package let spanish: String

    /// Every warning that was ever in use, the present one last.
    package static let all = [
        UnencryptedWarning(
            version: "1",
            english:
                "Ordinary e-mail is not protected on its way. There is some level of risk that the information in it "
                + "could be read by a third party. You may have your messages protected instead, and you may change your "
                + "mind at any time.",
            spanish:
                "El correo electrónico corriente no va protegido por el camino. Existe cierto riesgo de que un tercero "
                + "lea la información que contiene. Puede recibir sus mensajes protegidos y puede cambiar de opinión en "
                + "cualquier momento."
        )
    ]
    /// The one in use now.
    package static var current: UnencryptedWarning { all[all.count - 1] }
}

/// What the person chose after the warning.
package enum ProtectionChoice: String, CaseIterable, Sendable, Codable, Hashable {
    case unencrypted, protected
}

/// What a request covers.
package enum RequestScope: String, CaseIterable, Sendable, Codable, Hashable {
    /// All mail about the person to this address, until withdrawn.
    case all
    /// The answer to this one request, such as a copy of a record.
    case thisRequest = "this_request"
}

/// How the person asked.
package enum RequestWay: String, CaseIterable, Sendable, Codable, Hashable {
    case inPerson = "in_person"
    case phone, email, portal, form

    /// The way in words.
    package var title: String {
        switch self {
        case .inPerson: "in person"
        case .phone: "by phone"
        case .email: "by e-mail"
        case .portal: "in the portal"
        case .form: "on a form"
        }
    }
}

/// A request as it is recorded.
package struct UnencryptedRequest: Sendable {
    package var contact: ContactID
    package var address: EmailAddress
    package var choice: ProtectionChoice
    package var scope: RequestScope
    package var way: RequestWay
    /// The version of the warning that the person was given.
    package var warningVersion: String
    package var askedAt: Timestamp
    /// What else was said, at most 500 characters.
    package var note: Sensitive<String>

    package init(
        contact: ContactID,
        address: EmailAddress,
        choice: ProtectionChoice = .unencrypted,
        scope: RequestScope = .all,
        way: RequestWay,
        warningVersion: String,
        askedAt: Timestamp,
        note: Sensitive<String> = Sensitive("")
    ) {
        self.contact = contact
        self.address = address
        self.choice = choice
        self.scope = scope
        self.way = way
        self.warningVersion = warningVersion
        self.askedAt = askedAt
        self.note = note
    }
}

/// A request on record.
package struct RecordedRequest: Sendable {
    package let id: UnencryptedRequestID
    package let contact: ContactID
    /// The mailbox, for pages; sealed under the person's key.
    package let address: Sensitive<String>
    package let note: Sensitive<String>
    package let choice: ProtectionChoice
    package let scope: RequestScope
    package let way: RequestWay
    package let warningVersion: String
    package let askedAt: Timestamp
    package let recordedAt: Timestamp
    /// Who recorded it: the kind of requester and its identifier.
    package let recordedBy: (kind: String, identifier: [UInt8])
    package let withdrawnAt: Timestamp?
    /// When the one answer that it allows was given; nil: not yet, or it allows more.
    package let answeredAt: Timestamp?

    /// Whether one answer may still refer to it.
    package var awaitsAnswer: Bool {
        scope == .thisRequest && choice == .unencrypted && withdrawnAt == nil && answeredAt == nil
    }
}

/// What the gate reads about a person's requests.
package struct RequestStanding: Sendable {
    struct Entry: Sendable, Hashable {
        var id: UnencryptedRequestID
        var hash: [UInt8]
        var choice: ProtectionChoice
        var scope: RequestScope
        var isWithdrawn: Bool
        var isAnswered: Bool
        /// The message that gave the one answer.
        var answeredBy: MessageID?
    }

    /// In the order in which they were recorded.
    let entries: [Entry]

    /// Whether a message to the address behind the hash may be the one answer that the request asks for.
    package func isOpen(_ request: UnencryptedRequestID, _ hash: [UInt8]) -> Bool {
        entries.contains { $0.id == request && $0.scope == .thisRequest }
            && covers(hash, answering: request, with: nil)
    }

    /// Whether mail to the address behind the hash may go unencrypted: by the newest record for all mail to it, or by the
    /// request for one answer that the message names and that no other message has answered.
    package func covers(_ hash: [UInt8], answering request: UnencryptedRequestID?, with message: MessageID?) -> Bool {
        let own = entries.filter { $0.hash == hash }
        if let request, let entry = own.first(where: { $0.id == request && $0.scope == .thisRequest }) {
            // A later choice for protection ends it as well.
            let isOverruled = own.contains { $0.id > entry.id && $0.choice == .protected }
            let isOpen = !entry.isAnswered || message != nil && entry.answeredBy == message
            return entry.choice == .unencrypted && !entry.isWithdrawn && !isOverruled && isOpen
        }
        guard let newest = own.last(where: { $0.scope == .all }) else { return false }
        return newest.choice == .unencrypted && !newest.isWithdrawn
    }
}
