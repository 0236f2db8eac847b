// SPDX-License-Identifier: Apache-2.0
//
// Who still belongs to a segment, asked by the send gate for each chunk of an audience and again for each message. A rule
// is opened, parsed and checked once per version; people are looked up in the columns, whose answer is that of one position
// of the change feed. Whoever changed after that position, also by a change that has no position yet, is evaluated anew
// from what the transaction sees, and so is everybody when the columns are not at hand or are ahead of the transaction.
// A change that was committed a moment ago is therefore in the answer.

import WardContacts
package import WardKernel
package import WardStorage

extension Segments {
    /// Those of these people who belong to a segment, by what is true in this transaction: for the send gate, which tells
    /// nobody about the rule. Throws when the rule cannot be evaluated any more, which the gate takes as a no.
    ///
    /// - Parameter campaign: Its own messages do not count where the rule asks about messages.
    package func members(
        among contacts: [ContactID],
        in id: SegmentID,
        ignoring campaign: CampaignID? = nil,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        guard !contacts.isEmpty, let rule = try checkedRule(id, version: nil, of: organization, in: tx) else {
            return []
        }
        let question = try question(
            rule.segment,
            among: contacts,
            ignoring: campaign,
            of: organization,
            in: tx
        )
        var members: Set<ContactID> = []
        var unknown = contacts
        if !rule.segment.usesEngagement,
            let recalled = evaluator.recall(question, of: rule.identity, among: contacts),
            try people.position(of: organization, in: tx) >= recalled.position
        {
            let changed = try people.changed(among: contacts, after: recalled.position, of: organization, in: tx)
            members = recalled.members.subtracting(changed)
            unknown = contacts.filter(changed.contains)
        }
        guard !unknown.isEmpty else { return members }
        let evaluator = PersonEvaluator(
            segment: rule.segment,
            moment: question.moment,
            engagement: question.engagement
        )
        for person in try people.people(unknown, of: organization, in: tx) {
            person.expose(for: .evaluating) { person in
                if evaluator.holds(for: person) { members.insert(person.contact) }
            }
        }
        return members
    }

    /// Makes the next answers of `members` quick: what is remembered of people is brought up to what is committed.
    ///
    /// - Parameter builds: Whether people are read who are not in memory at all yet, which takes a while.
    package func prepareMembership(of organization: OrganizationID, builds: Bool) async throws {
        guard builds || evaluator.remembers(organization) else { return }
        try await evaluating(organization) { tx in try self.evaluator.refresh(organization, in: tx) }
    }

    /// Whether one person belongs to a segment: for a preview and for whoever asks about a version of the rule.
    ///
    /// - Parameter version: The rule's version; the current one when nil.
    package func membership(
        of contact: ContactID,
        in id: SegmentID,
        version: Int64? = nil,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MembershipAnswer {
        guard let rule = try checkedRule(id, version: version, of: organization, in: tx) else { return .noSuchSegment }
        let question = try question(rule.segment, among: [contact], of: organization, in: tx)
        guard let person = try people.people([contact], of: organization, in: tx).first else { return .noSuchPerson }
        let evaluator = PersonEvaluator(
            segment: rule.segment,
            moment: question.moment,
            engagement: question.engagement
        )
        return person.expose(for: .evaluating) { evaluator.holds(for: $0) } ? .member : .notMember
    }

    /// A stored rule, checked against what its names stand for now; nil when there is no such segment.
    private func checkedRule(
        _ id: SegmentID,
        version: Int64?,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (segment: CheckedSegment, identity: RuleIdentity)? {
        guard let segment = try SegmentQueries.one(id, of: organization, in: tx) else { return nil }
        let wanted = version ?? segment.version
        guard let stored = try SegmentVersionQueries.one(wanted, of: id, of: organization, in: tx) else {
            throw SegmentsError.noSuchVersion(id, wanted)
        }
        let identity = RuleIdentity(
            sealedRule: stored.sealedRule,
            catalogue: try people.catalogueMark(of: organization, in: tx)
        )
        if let known = rules.find(id, wanted, of: organization, identity) { return (known, identity) }
        let text = try open(stored, of: id, of: organization, in: tx).text
        let checked = try SegmentChecker(try people.catalogue(of: organization, in: tx)).check(text)
        rules.keep(checked, id, wanted, of: organization, identity)
        return (checked, identity)
    }
}
