// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel
import WardStorage
import WardVault

/// What the steps of an import share: its row, its sealed settings, and the seals of its pieces.
extension Contacts {
    /// An import's row with its settings opened.
    struct OpenedImport: Sendable {
        var stored: ImportQueries.Stored
        var settings: ImportSettings
    }

    func openImport(
        _ id: ImportID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> OpenedImport? {
        try ImportQueries.find(id, of: organization, in: tx).map { try open($0, of: organization, in: tx) }
    }

    func open(
        _ stored: ImportQueries.Stored,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> OpenedImport {
        let place = importPlace(.importSettings, stored.id.bytes, of: organization)
        let plain = try vault.open(stored.settings, at: place, in: tx)
        let settings = try plain.expose(for: .evaluating) { bytes in
            try JSONDecoder().decode(ImportSettings.self, from: Data(bytes))
        }
        return OpenedImport(stored: stored, settings: settings)
    }

    func seal(
        _ settings: ImportSettings,
        of id: ImportID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let bytes = Array(try JSONEncoder().encode(settings))
        let place = importPlace(.importSettings, id.bytes, of: organization)
        return try vault.seal(Sensitive(bytes), at: place, in: tx)
    }

    func importPlace(_ kind: RecordKind, _ row: [UInt8], of organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: kind, row: row)
    }

    func piecePlace(
        _ kind: RecordKind,
        _ id: ImportID,
        _ number: Int64,
        of organization: OrganizationID
    ) -> SealedPlace {
        importPlace(kind, id.bytes + withUnsafeBytes(of: number.bigEndian) { Array($0) }, of: organization)
    }

    func progress(of opened: OpenedImport) -> ImportProgress {
        let (stored, settings) = (opened.stored, opened.settings)
        let header = if case .csv = settings.format { 1 } else { 0 }
        let done = stored.startedAt == nil ? 0 : max(0, stored.lastRow - header)
        let rate = stored.startedAt.flatMap { started -> Double? in
            let elapsed = (stored.finishedAt ?? surroundings.now()).since(started).wholeMicroseconds
            return elapsed > 0 ? Double(done) / (Double(elapsed) / 1_000_000) : nil
        }
        return ImportProgress(
            id: stored.id,
            state: stored.state,
            fileName: settings.fileName,
            format: settings.format,
            source: settings.source,
            byteCount: stored.byteCount,
            rowTotal: stored.rowTotal,
            rowsDone: done,
            counts: stored.counts,
            createdAt: stored.createdAt,
            startedAt: stored.startedAt,
            finishedAt: stored.finishedAt,
            rate: rate,
            problem: settings.problem
        )
    }
}

extension Contacts {
    /// How far an import is; nil when there is none with this identifier.
    package func progress(of id: ImportID, by requester: Requester) async throws -> ImportProgress? {
        try requester.require(.importContacts)
        return try await store.read { tx in
            try self.openImport(id, of: requester.organization, in: tx).map { self.progress(of: $0) }
        }
    }

    /// The newest imports first.
    package func imports(limit: Int = 20, by requester: Requester) async throws -> [ImportProgress] {
        try requester.require(.importContacts)
        return try await store.read { tx in
            try ImportQueries.newest(limit: limit, of: requester.organization, in: tx).map { stored in
                self.progress(of: try self.open(stored, of: requester.organization, in: tx))
            }
        }
    }
}
