// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Contacts {
    /// The rejected rows of an import as CSV: the file's columns, then the row's number and the reason. Cells that a
    /// spreadsheet would run are neutralized; a mended file can be uploaded as it is, and the apostrophes come off again.
    /// An export, audited before the first byte. Nil when there is no such import.
    package func exportRejected(of id: ImportID, by requester: Requester) async throws -> RejectedRowsExport? {
        try requester.require(.importContacts)
        let organization = requester.organization
        let found = try await store.write { tx -> OpenedImport? in
            guard let opened = try self.openImport(id, of: organization, in: tx) else { return nil }
            var entry = AuditEntry(
                .importRejectedExport,
                object: AuditObject(kind: "contact_import", id),
                facts: ["rows": "\(opened.stored.counts.rejected)"]
            )
            entry.disclosure = AuditDisclosure(channel: "file", protection: "session")
            try self.audit.record(entry, by: requester, in: tx)
            return opened
        }
        return found.map { opened in
            var header = opened.settings.proposals.map(\.header)
            if opened.settings.format == .fhirPatients { header = ["resource"] }
            return RejectedRowsExport(header: header) { row in
                try await self.rejectedPage(of: id, kind: "rejected", after: row, organization)
            }
        }
    }

    /// The cells that were left out of rows that were taken, as `Row 7, column INCOME: …`, in the order of rows.
    package func notedCells(
        of id: ImportID,
        after row: Int = 0,
        by requester: Requester
    ) async throws -> [String] {
        try requester.require(.importContacts)
        return try await rejectedPage(of: id, kind: "noted", after: row, requester.organization).flatMap { row in
            row.reasons.map { "Row \(row.row)" + ($0.column.map { ", column \($0)" } ?? "") + ": \($0.message)" }
        }
    }

    /// Why rows were not taken, as `Row 7, column BIRTHDATE: …`, in the order of rows; no value is repeated.
    package func rejections(of id: ImportID, limit: Int, by requester: Requester) async throws -> [String] {
        try requester.require(.importContacts)
        let page = try await rejectedPage(of: id, kind: "rejected", after: 0, requester.organization, limit: limit)
        return page.map { row in
            let reasons = row.reasons.map { reason in
                (reason.column.map { "column \($0): " } ?? "") + reason.message
            }
            return "Row \(row.row)" + (row.reasons.first?.column == nil ? ": " : ", ") + reasons.joined(separator: " ")
        }
    }

    private func rejectedPage(
        of id: ImportID,
        kind: String,
        after row: Int,
        _ organization: OrganizationID,
        limit: Int = 500
    ) async throws -> [PreparedRows.Rejected] {
        try await store.read { tx in
            let stored = try ImportPieceQueries.rows(
                of: id,
                kind: kind,
                after: row,
                limit: limit,
                organization: organization,
                in: tx
            )
            return try stored.map { stored in
                let place = self.piecePlace(.importRow, id, Int64(stored.row), of: organization)
                return try self.vault.open(stored.sealed, at: place, in: tx).expose(for: .disclosing) { bytes in
                    try JSONDecoder().decode(PreparedRows.Rejected.self, from: Data(bytes))
                }
            }
        }
    }
}
