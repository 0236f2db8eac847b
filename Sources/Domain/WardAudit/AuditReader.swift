// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// How an organization's log stands, without reading it all.
package struct AuditState: Hashable, Sendable {
    /// Entries in the tree.
    package let size: Int64
    /// Entries that were committed a moment ago and have no position yet.
    package let unsealed: Int
    /// When the log was last verified in whole, and whether it was intact; nil when never.
    package let verifiedAt: Timestamp?
    package let wasIntact: Bool
    /// Whether checkpoints are also kept outside the database.
    package let isKeptOutside: Bool
}

/// The audit log for those who read it: what an edge gets, which has no store of its own.
package struct AuditReader: Sendable {
    private let audit: Audit
    private let store: any Store
    private let sealer: AuditSealer

    /// - Parameter sealer: the process's own, which holds the lease while it runs; nil makes one for a process without.
    package init(_ audit: Audit, in store: any Store, sealer: AuditSealer? = nil) {
        self.audit = audit
        self.store = store
        self.sealer = sealer ?? AuditSealer(audit: audit, store: store)
    }

    /// As `Audit.list`.
    package func list(
        _ filter: AuditFilter = AuditFilter(),
        before cursor: AuditEntryID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> AuditPage {
        try await audit.list(filter, before: cursor, limit: limit, by: requester, in: store)
    }

    /// As `Audit.verify`, after sealing what is committed: reads the whole log.
    package func verify(by requester: Requester) async throws -> AuditVerdict {
        if requester.kind != .service { try requester.require(.viewAudit) }
        _ = try await sealer.sealNow(requester.organization)
        return try await audit.verify(by: requester, in: store)
    }

    /// As `Audit.export`: writes the log to a folder of this machine.
    package func export(to folder: String, by requester: Requester) async throws -> AuditExportReport {
        try await audit.export(to: folder, by: requester, sealer: sealer, in: store)
    }

    /// Needs `viewAudit`.
    package func state(by requester: Requester) async throws -> AuditState {
        try requester.require(.viewAudit)
        let organization = requester.organization
        return try await store.read { [audit] tx in
            let verification = try EntryQueries.list(
                AuditFilter(actions: [.auditVerify]),
                before: nil,
                limit: 1,
                of: organization,
                in: tx
            ).first
            return AuditState(
                size: try HeadQueries.head(of: organization, in: tx)?.size ?? 0,
                unsealed: try HeadQueries.unsealedCount(of: organization, in: tx),
                verifiedAt: verification?.recordedAt,
                wasIntact: verification?.outcome == .success,
                isKeptOutside: audit.configuration.checkpointDirectory != nil
            )
        }
    }

    /// Records that the entries of a filter leave the system as a table. Needs `exportAudit`; call it before the first
    /// page is handed out.
    package func recordExport(of filter: AuditFilter, by requester: Requester) async throws {
        try requester.require(.exportAudit)
        var entry = AuditEntry(.auditExport, subject: filter.subject)
        entry.disclosure = AuditDisclosure(channel: "download", protection: "session")
        let recorded = entry
        try await store.write { [audit] tx in _ = try audit.record(recorded, by: requester, in: tx) }
    }

    /// Records that a requester lacked a permission. Each edge calls it in the one place where a façade's `AccessDenied`
    /// passes, so that no module has to; the requester may not read the log to write this.
    package func record(_ denied: AccessDenied, at place: AccessPlace, by requester: Requester) async throws {
        let entry = AuditEntry(
            .accessRequest,
            outcome: .denied,
            facts: [place.kind: place.name, "permission": denied.permission.rawValue]
        )
        try await store.write { [audit] tx in _ = try audit.record(entry, by: requester, in: tx) }
    }
}

/// Where a requester was refused: a fixed name of the source, never an address or what was typed.
package struct AccessPlace: Hashable, Sendable {
    let kind: String
    let name: String

    /// A page's handler, such as `StaffPages.list`.
    package static func page(_ name: String) -> AccessPlace { AccessPlace(kind: "page", name: name) }

    /// A command's type, such as `ImportContactsCommand`.
    package static func command(_ name: String) -> AccessPlace { AccessPlace(kind: "command", name: name) }
}
