// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardKernel
import WardStorage

enum EntryQueries {
    static let columns: SQL = """
        position, id, recorded_at, action, outcome, actor_kind, actor, subject, object_kind, object,
        on_behalf_of_kind, on_behalf_of, roles, session, authentication, purpose, request, version, time_source,
        subjects_kind, subjects, categories, fields, facts, before_hash, after_hash,
        is_disclosure, recipient_kind, recipient, channel, protection, reason_owner, reason, origin, salt
        """

    static func insert(
        _ records: [AuditRecord],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let rows = SQL.joined(records.map { values($0, of: organization) }, separator: ", ")
        try tx.execute(
            "INSERT INTO audit_entry (organization, leaf_hash, \(fragment: columns)) VALUES \(fragment: rows)"
        )
    }

    private static func values(_ record: AuditRecord, of organization: OrganizationID) -> SQL {
        let context = record.context
        let content = record.content
        let disclosure = record.disclosure
        return """
            (\(organization), \(MerkleHash.leaf(record.leaf(of: organization))), NULL, \(record.id), \(record.recordedAt), \(record.action.rawValue),
            \(record.outcome.rawValue), \(record.actorKind.rawValue), \(record.actor), \(record.subject),
            \(record.object?.kind), \(record.object?.identifier),
            \(context.onBehalfOf?.kind), \(context.onBehalfOf?.identifier), \(context.roles), \(context.session),
            \(context.authentication), \(context.purpose.rawValue), \(context.request), \(context.version),
            \(context.timeSource),
            \(content.subjects?.kind), \(content.subjects?.identifier), \(content.categories), \(content.fields),
            \(content.facts), \(content.beforeHash), \(content.afterHash),
            \(disclosure != nil), \(disclosure?.recipient?.kind), \(disclosure?.recipient?.identifier),
            \(disclosure?.channel), \(disclosure?.protection),
            \(record.reason?.owner.rawValue), \(record.reason?.sealed), \(record.sealedOrigin), \(record.salt))
            """
    }

    /// Positions and leaf hashes, as they were when the entries were written, in order.
    static func leafHashes(
        from position: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(position: Int64, hash: [UInt8])] {
        try tx.rows(
            """
            SELECT position, leaf_hash FROM audit_entry
            WHERE organization = \(organization) AND position >= \(position) ORDER BY position LIMIT \(limit)
            """
        ).map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    /// Entries of the tree from a position on, in order.
    static func sealed(
        from position: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AuditRecord] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM audit_entry
            WHERE organization = \(organization) AND position >= \(position) ORDER BY position LIMIT \(limit)
            """
        ).map(record)
    }

    /// Reads the columns of `columns`, in their order.
    static func record(_ row: Row) throws -> AuditRecord {
        guard let outcome = AuditOutcome(rawValue: try row.value(at: 4)),
            let actorKind = Requester.Kind(rawValue: try row.value(at: 5)),
            let purpose = PurposeOfUse(rawValue: try row.value(at: 15))
        else { throw StoreError(code: .decoding, detail: "audit_entry") }
        return AuditRecord(
            position: try row.optional(at: 0),
            id: try row.value(at: 1),
            recordedAt: try row.value(at: 2),
            action: AuditAction(rawValue: try row.value(at: 3)),
            outcome: outcome,
            actorKind: actorKind,
            actor: try row.value(at: 6),
            subject: try row.optional(at: 7),
            object: try object(row, 8),
            context: .init(
                onBehalfOf: try object(row, 10),
                roles: try row.value(at: 12),
                session: try row.optional(at: 13),
                authentication: try row.optional(at: 14),
                purpose: purpose,
                request: try row.optional(at: 16),
                version: try row.value(at: 17),
                timeSource: try row.value(at: 18)
            ),
            content: .init(
                subjects: try object(row, 19),
                categories: try row.value(at: 21),
                fields: try row.value(at: 22),
                facts: try row.value(at: 23),
                beforeHash: try row.optional(at: 24),
                afterHash: try row.optional(at: 25)
            ),
            disclosure: try disclosure(row),
            reason: try reason(row),
            sealedOrigin: try row.optional(at: 33),
            salt: try row.value(at: 34)
        )
    }

    private static func object(_ row: Row, _ position: Int) throws -> AuditObject? {
        guard let kind = try row.optional(at: position, as: String.self) else { return nil }
        return AuditObject(kind: kind, identifier: try row.optional(at: position + 1) ?? [])
    }

    private static func disclosure(_ row: Row) throws -> AuditDisclosure? {
        guard try row.value(at: 26, as: Bool.self) else { return nil }
        return AuditDisclosure(
            recipient: try object(row, 27),
            channel: try row.optional(at: 29) ?? "",
            protection: try row.optional(at: 30) ?? ""
        )
    }

    private static func reason(_ row: Row) throws -> AuditRecord.SealedReason? {
        guard let sealed = try row.optional(at: 32, as: [UInt8].self),
            let owner = AuditRecord.SealedReason.Owner(rawValue: try row.value(at: 31))
        else { return nil }
        return .init(owner: owner, sealed: sealed)
    }
}
