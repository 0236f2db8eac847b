// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

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
}
