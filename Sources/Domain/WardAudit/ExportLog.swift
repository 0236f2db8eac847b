// SPDX-License-Identifier: Apache-2.0
//
// An export is a folder:
//
//     entries.jsonl    one entry per line, by position from 0 (ExportEntry.swift)
//     checkpoint       the C2SP signed note over exactly these entries
//     key              the verifier key, C2SP text form; compare it with the one that you were given another way
//     tile/…           the tree's hashes and the leaves (C2SP tlog-tiles), for other verifiers and for exact positions
//
// `AuditExport.verify` needs nothing but the folder: no store, no network, no secret.

import Foundation
import WardCrypto
package import WardKernel
package import WardStorage

/// What an export wrote.
package struct AuditExportReport: Hashable, Sendable {
    package let folder: String
    package let entries: Int64
    package let root: [UInt8]
    package let verifierKey: String
}

extension Audit {
    /// Writes the organization's whole log into a new folder. Needs `exportAudit`. The export is recorded and sealed
    /// first, so that the folder tells of its own making; free text stays sealed in it.
    package func export(
        to folder: String,
        by requester: Requester,
        sealer: AuditSealer,
        in store: any Store
    ) async throws -> AuditExportReport {
        try requester.require(.exportAudit)
        let organization = requester.organization
        var entry = AuditEntry(.auditExport)
        entry.disclosure = AuditDisclosure(channel: "file", protection: "sealed-free-text")
        let recorded = entry
        _ = try await store.write { try self.record(recorded, by: requester, in: $0) }
        guard let head = try await sealer.sealNow(organization) else { throw AuditError.damagedTree(organization) }
        let verifier = try await store.read { try self.verifierKey(of: organization, in: $0) }
        let files = try ExportFiles(folder: folder)
        var position: Int64 = 0
        while position < head.size {
            let start = position
            let page = try await store.read { tx in
                try EntryQueries.sealed(
                    from: start,
                    limit: Int(min(TileLayout.width, head.size - start)),
                    of: organization,
                    in: tx
                )
            }
            guard !page.isEmpty else { throw AuditError.damagedTree(organization) }
            try files.append(page, from: start, of: organization)
            position += Int64(page.count)
        }
        try await store.read { tx in
            let tree = StoredTree(of: organization, in: tx)
            for level in 0..<TileLayout.levels(size: head.size) {
                try files.writeTiles(level: level, size: head.size, from: tree)
            }
        }
        try files.write(head.note, to: "checkpoint")
        try files.write(verifier + "\n", to: "key")
        return AuditExportReport(folder: folder, entries: head.size, root: head.root, verifierKey: verifier)
    }
}

/// The files of one export while they are written.
private struct ExportFiles: Sendable {
    private let folder: URL

    init(folder path: String) throws(AuditError) {
        folder = URL(fileURLWithPath: path, isDirectory: true)
        guard !FileManager.default.fileExists(atPath: path) else { throw .exportFolder(path: path, code: EEXIST) }
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .exportFolder(path: path, code: EACCES)
        }
    }

    func append(_ page: [AuditRecord], from start: Int64, of organization: OrganizationID) throws {
        var lines = Data()
        var leaves = Data()
        for (offset, record) in page.enumerated() {
            lines.append(contentsOf: ExportEntry(record, position: start + Int64(offset), of: organization).line)
            lines.append(UInt8(ascii: "\n"))
            let leaf = record.leaf(of: organization)
            leaves.append(UInt8(leaf.count >> 8))
            leaves.append(UInt8(leaf.count & 255))
            leaves.append(contentsOf: leaf)
        }
        let path = folder.appending(path: "entries.jsonl")
        if start == 0 {
            try lines.write(to: path)
        } else {
            let handle = try FileHandle(forWritingTo: path)
            try handle.seekToEnd()
            try handle.write(contentsOf: lines)
            try handle.close()
        }
        try write(
            leaves,
            to: TileLayout.entriesPath(number: start / TileLayout.width, count: Int64(page.count))
        )
    }

    func writeTiles(level: Int, size: Int64, from tree: StoredTree) throws {
        let count = size >> Int64(8 * level)
        for number in 0..<(count + TileLayout.width - 1) / TileLayout.width {
            let width = min(TileLayout.width, count - number * TileLayout.width)
            guard let hashes = try tree.tile(level: level, number: number),
                hashes.count >= Int(width) * MerkleHash.byteCount
            else { throw AuditError.damagedTree(tree.organization) }
            try write(
                Data(hashes.prefix(Int(width) * MerkleHash.byteCount)),
                to: TileLayout.path(level: level, number: number, count: width)
            )
        }
    }

    func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    private func write(_ content: Data, to path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try content.write(to: file)
    }
}
