// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

/// What a person sees who follows a link, before being recognised.
package struct LinkPage: Hashable, Sendable {
    package var organization: PortalOrganization
    package var language: PortalLanguage
    /// When the message's time is over.
    package var expiresAt: Timestamp
}

/// Where a link leads.
package enum LinkAnswer: Hashable, Sendable {
    /// There is no such link, or it was taken back: one answer for both, so that nobody can tell.
    case unknown
    /// The message's time is over.
    case expired(LinkPage)
    /// Five wrong attempts: the person must call.
    case locked(LinkPage)
    /// No fact is on record with which the person could be recognised: the person must call.
    case notRecognisable(LinkPage)
    /// The person must show this fact.
    case ask(RecognitionFact, LinkPage)
}

extension Portal {
    /// Answers where a link leads. It changes nothing and counts nothing: the scanners of mail servers follow links too.
    package func follow(_ link: PortalToken) async throws -> LinkAnswer {
        let now = surroundings.now()
        return try await store.read { [self] tx in try target(of: link, at: now, in: tx).answer }
    }

    /// What stands behind a link, with what recognition needs.
    struct LinkTarget {
        var answer: LinkAnswer
        var message: MessageRow?
        var page: LinkPage?
    }

    func target(of link: PortalToken, at now: Timestamp, in tx: any ReadTransaction) throws -> LinkTarget {
        let organization = link.organization
        guard
            let id = try LinkQueries.message(hash: link.hash(as: .link), of: organization, in: tx),
            let message = try MessageQueries.find(id, of: organization, in: tx),
            let life = message.life,
            let person = try people.portalPerson(message.contact, of: organization, in: tx)
        else { return LinkTarget(answer: .unknown) }
        let page = LinkPage(
            organization: try organizations.portalOrganization(organization, in: tx),
            language: person.expose(for: .evaluating, \.language),
            expiresAt: life.expiresAt
        )
        let answer: LinkAnswer
        switch life.standing(at: now) {
        case .retracted: answer = .unknown
        case .expired: answer = .expired(page)
        case .waiting, .opened:
            answer = try recognitionAnswer(for: message, person: person, page: page, in: tx, of: organization)
        }
        return LinkTarget(answer: answer, message: message, page: page)
    }

    private func recognitionAnswer(
        for message: MessageRow,
        person: Sensitive<PortalPerson>,
        page: LinkPage,
        in tx: any ReadTransaction,
        of organization: OrganizationID
    ) throws -> LinkAnswer {
        if try RecognitionQueries.find(message.contact, of: organization, in: tx).isLocked { return .locked(page) }
        let fact = message.requiredFact
        let isOnRecord =
            switch fact {
            case .birthDate: person.expose(for: .evaluating) { $0.birthDate != nil }
            case .passphrase:
                try RecognitionQueries.passphrase(of: message.contact, organization: organization, in: tx) != nil
            }
        return isOnRecord ? .ask(fact, page) : .notRecognisable(page)
    }
}
