// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardVault

extension Contacts {
    /// At most so many dated records are sealed together.
    static let recordsPerBatch = 128

    func open(
        _ batches: [RecordQueries.Batch],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[DatedRecord]] {
        let requests = batches.map { batch in
            OpenRequest(
                batch.sealed,
                at: place(batch.contact, .datedRecords, row: batch.row, of: organization)
            )
        }
        return try zip(batches, try vault.open(requests, of: organization, in: tx)).map { batch, answer in
            switch answer {
            case .success(let plain):
                return try plain.expose(for: .evaluating) { try RecordBatch.decoded($0, kind: batch.kind) }
            case .failure(.subjectErased): return []
            case .failure(let error): throw error
            }
        }
    }

    /// Adds dated records to people, leaving out those that are there already. Returns how many were new.
    @discardableResult
    func add(
        _ records: [ContactID: [DatedRecord]],
        kind: DatedRecordKind,
        importID: ImportID?,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        let people = records.keys.sorted()
        let batches = try RecordQueries.batches(of: people, kind: kind, in: organization, tx: tx)
        let opened = try open(batches, of: organization, in: tx)
        var known: [ContactID: Set<DatedRecord>] = [:]
        var last: [ContactID: (number: Int64, open: Int?)] = [:]
        for (position, batch) in batches.enumerated() {
            known[batch.contact, default: []].formUnion(opened[position])
            let isOpen = batch.importID == importID && opened[position].count < Self.recordsPerBatch
            last[batch.contact] = (batch.number, isOpen ? position : nil)
        }
        var written: [RecordQueries.Batch] = []
        var plain: [[UInt8]] = []
        var added = 0
        for contact in people {
            var seen = known[contact] ?? []
            let fresh = (records[contact] ?? []).filter { seen.insert($0).inserted }
            guard !fresh.isEmpty else { continue }
            added += fresh.count
            var (number, open) = last[contact] ?? (0, nil)
            var waiting = fresh[...]
            while !waiting.isEmpty {
                var content: [DatedRecord] = []
                if let position = open { content = opened[position] } else { number += 1 }
                open = nil
                let taken = waiting.prefix(Self.recordsPerBatch - content.count)
                waiting = waiting.dropFirst(taken.count)
                content.append(contentsOf: taken)
                written.append(.init(contact: contact, kind: kind, number: number, importID: importID, sealed: []))
                plain.append(RecordBatch.encoded(content))
            }
        }
        let requests = zip(written, plain).map { batch, bytes in
            SealRequest(Sensitive(bytes), at: place(batch.contact, .datedRecords, row: batch.row, of: organization))
        }
        for (position, sealed) in try vault.seal(requests, of: organization, in: tx).enumerated() {
            written[position].sealed = sealed
        }
        try RecordQueries.put(written, of: organization, in: tx)
        let changed = Set(written.map(\.contact)).sorted()
        try noteChanges(changed.map { ($0, .changed) }, of: organization, in: tx)
        return added
    }
}
