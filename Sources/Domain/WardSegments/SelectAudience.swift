// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage

extension Segments {
    /// Everybody in a stored segment now, for a campaign or a test run of one; writes its size to the audit log.
    ///
    /// - Parameter version: The rule's version; the current one when nil.
    package func audience(
        of id: SegmentID,
        version: Int64? = nil,
        by requester: Requester
    ) async throws -> SegmentAudience {
        try await recordingDenials(.segmentAudience, id, by: requester) {
            try requester.requireForSegments(.viewSegments)
            let (audience, version) = try await evaluating(requester.organization) { tx in
                let rule = try self.storedRule(id, version: version, of: requester.organization, in: tx)
                let checked = try self.check(rule.text, for: requester, in: tx)
                let question = try self.question(checked, of: requester.organization, in: tx)
                return (try self.evaluator.evaluate(question, in: tx).audience, rule.version)
            }
            _ = try await store.write { tx in
                try self.audit.record(
                    AuditEntry(
                        .segmentAudience,
                        object: AuditObject(kind: "segment", id),
                        facts: ["size": String(audience.count), "version": String(version)]
                    ),
                    by: requester,
                    in: tx
                )
            }
            return audience
        }
    }

    /// Whether a person still belongs to a segment, by what is true in this transaction: for the send gate, which tells
    /// nobody about the rule. Throws when the rule cannot be evaluated any more, which the gate takes as a no.
    ///
    /// - Parameter version: The rule's version; the current one when nil.
    package func membership(
        of contact: ContactID,
        in id: SegmentID,
        version: Int64? = nil,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MembershipAnswer {
        guard try SegmentQueries.one(id, of: organization, in: tx) != nil else { return .noSuchSegment }
        let rule = try storedRule(id, version: version, of: organization, in: tx)
        let checked = try SegmentChecker(try people.catalogue(of: organization, in: tx)).check(rule.text)
        let question = try question(checked, of: organization, in: tx)
        guard let person = try people.people([contact], of: organization, in: tx).first else { return .noSuchPerson }
        let evaluator = PersonEvaluator(
            segment: checked,
            moment: question.moment,
            engagement: question.engagement
        )
        return person.expose(for: .evaluating) { evaluator.holds(for: $0) } ? .member : .notMember
    }
}
