// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage
import WardVault

/// Which entries are asked for. Every part that is given must hold.
package struct AuditFilter: Hashable, Sendable {
    package var actions: [AuditAction]
    package var subject: SubjectID?
    package var actor: [UInt8]?
    package var object: AuditObject?
    package var outcome: AuditOutcome?
    /// Inclusive.
    package var from: Timestamp?
    /// Exclusive.
    package var until: Timestamp?

    package init(
        actions: [AuditAction] = [],
        subject: SubjectID? = nil,
        actor: [UInt8]? = nil,
        object: AuditObject? = nil,
        outcome: AuditOutcome? = nil,
        from: Timestamp? = nil,
        until: Timestamp? = nil
    ) {
        self.actions = actions
        self.subject = subject
        self.actor = actor
        self.object = object
        self.outcome = outcome
        self.from = from
        self.until = until
    }
}

/// One entry as an auditor sees it: what was sealed is open, still protected from being printed.
package struct AuditLine: Sendable {
    package let record: AuditRecord
    /// The reason that was given; nil when none was, or when its person was erased.
    package let reason: Sensitive<String>?
    /// Whether there was a reason that nobody can read any more.
    package let isReasonErased: Bool
    package let networkAddress: Sensitive<String>?
    package let device: Sensitive<String>?
}

/// Some entries, the newest first.
package struct AuditPage: Sendable {
    package let lines: [AuditLine]
    /// Ask for the next page with this; nil when there is none.
    package let next: AuditEntryID?
}

extension Audit {
    /// Entries that fit the filter, the newest first, at most 500 at once. Needs `viewAudit`; reading the log is logged
    /// in the same transaction.
    package func list(
        _ filter: AuditFilter = AuditFilter(),
        before cursor: AuditEntryID? = nil,
        limit: Int = 50,
        by requester: Requester,
        in store: any Store
    ) async throws -> AuditPage {
        try requester.require(.viewAudit)
        let organization = requester.organization
        let limit = min(max(limit, 1), 500)
        return try await store.write { tx in
            let records = try EntryQueries.list(filter, before: cursor, limit: limit + 1, of: organization, in: tx)
            let lines = try records.prefix(limit).map { try self.line($0, of: organization, in: tx) }
            var entry = AuditEntry(.auditView, subject: filter.subject)
            entry.facts = ["entries": "\(lines.count)"]
            try self.record(entry, by: requester, in: tx)
            return AuditPage(lines: lines, next: records.count > limit ? lines.last?.record.id : nil)
        }
    }

    private func line(
        _ record: AuditRecord,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AuditLine {
        var reason: Sensitive<String>?
        var isErased = false
        if let sealed = record.reason {
            do {
                reason = try open(sealed, of: record, organization, in: tx)
            } catch VaultError.subjectErased {
                isErased = true
            }
        }
        var origin: [Sensitive<String>] = []
        if let sealed = record.sealedOrigin {
            let place = SealedPlace(
                organization: organization,
                owner: .organization,
                kind: .auditOrigin,
                row: record.id.bytes
            )
            origin = try vault.open(sealed, at: place, in: tx).expose(for: .disclosing) { bytes in
                bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
                    .map { Sensitive(String(decoding: $0, as: UTF8.self)) }
            }
        }
        return AuditLine(
            record: record,
            reason: reason,
            isReasonErased: isErased,
            networkAddress: origin.first,
            device: origin.count > 1 ? origin.last : nil
        )
    }

    private func open(
        _ reason: AuditRecord.SealedReason,
        of record: AuditRecord,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<String> {
        var place = SealedPlace(
            organization: organization,
            owner: .organization,
            kind: .auditReason,
            row: record.id.bytes
        )
        if reason.owner == .subject, let subject = record.subject { place.owner = .subject(subject) }
        return try vault.open(reason.sealed, at: place, in: tx).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension EntryQueries {
    /// Entries that fit the filter, the newest first.
    static func list(
        _ filter: AuditFilter,
        before cursor: AuditEntryID?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AuditRecord] {
        var conditions: [SQL] = ["organization = \(organization)"]
        if let cursor { conditions.append("id < \(cursor)") }
        if !filter.actions.isEmpty { conditions.append("action IN \(list: filter.actions.map(\.rawValue))") }
        if let subject = filter.subject { conditions.append("subject = \(subject)") }
        if let actor = filter.actor { conditions.append("actor = \(actor)") }
        if let object = filter.object {
            conditions.append("object_kind = \(object.kind) AND object = \(object.identifier)")
        }
        if let outcome = filter.outcome { conditions.append("outcome = \(outcome.rawValue)") }
        if let from = filter.from { conditions.append("recorded_at >= \(from)") }
        if let until = filter.until { conditions.append("recorded_at < \(until)") }
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM audit_entry
            WHERE \(fragment: SQL.joined(conditions, separator: " AND ")) ORDER BY id DESC LIMIT \(limit)
            """
        ).map(record)
    }
}
