// SPDX-License-Identifier: Apache-2.0

import WardConsent
package import WardKernel
package import WardStorage

/// Who belongs to a campaign's audience now. Implemented by WardCampaigns, wired by the server.
package protocol AudienceSource: Sendable {
    /// Those of the people who still belong to the campaign's audience.
    func members(
        among contacts: [ContactID],
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>

    /// Called before a round of questions, outside any transaction: a chance to make answers quick.
    func prepare(_ organization: OrganizationID) async throws
}

/// What the gate must know about a person.
package struct PersonStanding: Sendable, Hashable {
    package var isDeceased: Bool
    package var isInactive: Bool
    /// The import that brought or changed the person is being undone.
    package var isBeingUndone: Bool

    package init(isDeceased: Bool, isInactive: Bool, isBeingUndone: Bool = false) {
        self.isDeceased = isDeceased
        self.isInactive = isInactive
        self.isBeingUndone = isBeingUndone
    }
}

/// Whether people live and are active. The server wires it to WardContacts.
package protocol PersonSource: Sendable {
    /// People who are not on record (any more) are missing from the answer.
    func standing(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: PersonStanding]
}

/// Does the person still belong to the campaign's audience?
package struct AudienceQuestion: GateQuestion {
    package var name: GateQuestionName { .audience }
    let source: any AudienceSource
    package init(source: any AudienceSource) { self.source = source }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        try subjects.answered(byGroup: { $0.terms.campaign }) { campaign, group in
            guard let campaign else { return group.map { _ in .notApplicable(note: "not_a_campaign") } }
            let members = try source.members(
                among: group.compactMap(\.recipient.contact),
                of: campaign,
                organization: group[0].organization,
                in: tx
            )
            return group.map { subject in
                guard let contact = subject.recipient.contact else {
                    return .notApplicable(note: subject.recipient.kind)
                }
                return members.contains(contact)
                    ? .passes(note: "member") : .refuses(.leftAudience, note: "no_longer_member")
            }
        }
    }
}

/// Is the person alive and active? Refused for every class of message otherwise; held for as long as it is being decided
/// whether the person stays on record at all.
package struct PersonQuestion: GateQuestion {
    private static let pauseWhileUndoing: Duration = .minutes(1)

    package var name: GateQuestionName { .person }
    let source: any PersonSource
    package init(source: any PersonSource) { self.source = source }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        guard let organization = subjects.first?.organization else { return [] }
        let contacts = subjects.compactMap(\.recipient.contact)
        let known = contacts.isEmpty ? [:] : try source.standing(of: contacts, organization: organization, in: tx)
        return subjects.map { subject in
            guard Self.isForItsReader(subject) else {
                return .refuses(.personUnknown, note: "report_and_reader_differ")
            }
            guard let contact = subject.recipient.contact else { return .notApplicable(note: subject.recipient.kind) }
            guard let standing = known[contact] else { return .refuses(.personUnknown, note: "not_on_record") }
            if standing.isDeceased { return .refuses(.deceased, note: "deceased") }
            if standing.isInactive { return .refuses(.inactive, note: "inactive") }
            if standing.isBeingUndone { return .holds(.importUndone, until: subject.now + Self.pauseWhileUndoing) }
            return .passes(note: "alive_and_active")
        }
    }

    /// A report about TLS goes to nobody on record, and whoever reads such reports gets nothing else: the class that needs no
    /// proof of TLS can carry no other message.
    private static func isForItsReader(_ subject: GateSubject) -> Bool {
        let isReader = if case .domainOwner = subject.recipient { true } else { false }
        return isReader == (subject.terms.messageClass == .transportReport)
    }
}
