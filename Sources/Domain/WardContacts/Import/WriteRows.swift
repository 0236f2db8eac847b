// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardKernel
import WardStorage
import WardVault

/// One chunk of an import inside its transaction.
struct ImportChunk: Sendable {
    let contacts: Contacts
    let id: ImportID
    let organization: OrganizationID
    let settings: ImportSettings
    let mapping: ImportMapping
    let requester: Requester

    /// Writes the rows with everything that follows from them. Returns the counts.
    func write(_ rows: PreparedRows, in tx: any WriteTransaction) throws -> ImportCounts {
        var counts = ImportCounts()
        var rejected = rows.rejected
        var touched: [ContactID] = []
        switch mapping.subject {
        case .people: touched = try writePeople(rows.people, &counts, in: tx)
        case .records(let kind): touched = try writeRecords(rows, kind, &counts, &rejected, in: tx)
        }
        if let list = settings.list, !touched.isEmpty {
            let now = contacts.surroundings.now()
            _ = try ListQueries.add(touched, to: list, of: organization, at: now, in: tx)
        }
        if let basis = settings.basis, case .people = mapping.subject, !touched.isEmpty {
            try contacts.consent?.record(basis, for: touched, by: requester, in: tx)
        }
        counts.rejected = rejected.count
        try keep(rejected, notes: rows.people.flatMap(\.notes), &counts, in: tx)
        try contacts.audit.record(entry(rows, counts), by: requester, in: tx)
        return counts
    }

    private func entry(_ rows: PreparedRows, _ counts: ImportCounts) -> AuditEntry {
        let object = AuditObject(kind: "contact_import", id)
        var entry = AuditEntry(
            .importRows,
            object: object,
            facts: [
                "last_row": "\(rows.lastRow)", "added": "\(counts.added)", "updated": "\(counts.updated)",
                "unchanged": "\(counts.unchanged)", "rejected": "\(counts.rejected)",
            ]
        )
        entry.subjects = object
        return entry
    }

    // MARK: People

    private func writePeople(
        _ rows: [IncomingPerson],
        _ counts: inout ImportCounts,
        in tx: any WriteTransaction
    ) throws -> [ContactID] {
        let known = try contacts.lookUp(
            rows,
            source: settings.source,
            template: mapping.emailTemplate,
            organization: organization,
            in: tx
        )
        var chunk = PeopleChunk(source: settings.source, template: mapping.emailTemplate, known: known) {
            contacts.surroundings.makeIdentifier(SubjectTag.self)
        }
        for row in rows {
            let fate = try chunk.take(row) { address in
                try contacts.holders(ofNormalized: address, organization: organization, in: tx)
            }
            switch fate {
            case .added(let mayBeKnown):
                counts.added += 1
                counts.possibleDuplicates += mayBeKnown ? 1 : 0
            case .updated: counts.updated += 1
            case .unchanged: counts.unchanged += 1
            }
        }
        try writeAdded(chunk, in: tx)
        try writeUpdated(chunk, in: tx)
        let now = contacts.surroundings.now()
        try DuplicateQueries.insert(chunk.duplicates, of: organization, at: now, in: tx)
        var seen: Set<ContactID> = []
        return chunk.touched.filter { seen.insert($0).inserted }
    }

    private func writeAdded(_ chunk: PeopleChunk, in tx: any WriteTransaction) throws {
        let added = chunk.added.compactMap { id in chunk.people[id].map { (id: id, profile: $0.profile) } }
        guard !added.isEmpty else { return }
        try contacts.vault.createSubjects(added.map(\.id), of: organization, in: tx)
        let sealed = try contacts.sealProfiles(added, of: organization, in: tx)
        let indexes = try contacts.indexes(of: added.map(\.profile), organization: organization, in: tx)
        let rows = added.indices.map { position in
            ContactQueries.New(
                id: added[position].id,
                profile: sealed[position],
                indexes: indexes[position],
                createdByImport: id
            )
        }
        try ContactQueries.insert(rows, of: organization, at: contacts.surroundings.now(), in: tx)
        try insertNumbers(added.flatMap { person in person.profile.numbers.map { (person.id, $0) } }, in: tx)
        try contacts.noteChanges(added.map { ($0.id, .added) }, of: organization, in: tx)
    }

    private func insertNumbers(
        _ numbers: [(contact: ContactID, number: Profile.Number)],
        in tx: any WriteTransaction
    ) throws {
        let indexes = try contacts.numberIndexes(numbers.map(\.number), organization: organization, in: tx)
        let rows = zip(indexes, numbers).map { (index: $0, contact: $1.contact) }
        try ContactQueries.insertNumbers(rows, of: organization, in: tx)
    }

    private func writeUpdated(_ chunk: PeopleChunk, in tx: any WriteTransaction) throws {
        let updated = chunk.people.values.compactMap { working -> (Contacts.OpenedPerson, Profile)? in
            working.before.flatMap { $0.profile == working.profile ? nil : ($0, working.profile) }
        }.sorted { $0.0.id < $1.0.id }
        guard !updated.isEmpty else { return }
        let stored = try ContactQueries.find(updated.map(\.0.id), of: organization, in: tx)
        let ownPeople = Set(stored.filter { $0.createdByImport == id }.map(\.id))
        try keepBefore(updated.map(\.0), ownPeople, in: tx)
        let sealed = try contacts.sealProfiles(updated.map { ($0.0.id, $0.1) }, of: organization, in: tx)
        let indexes = try contacts.indexes(of: updated.map(\.1), organization: organization, in: tx)
        let now = contacts.surroundings.now()
        for (position, (before, profile)) in updated.enumerated() {
            let isCurrent = try ContactQueries.update(
                before.id,
                profile: sealed[position],
                indexes: indexes[position],
                revision: before.revision,
                of: organization,
                at: now,
                in: tx
            )
            guard isCurrent else { throw StoreError(code: .serialization, detail: "contact") }
            let known = Set(before.profile.numbers)
            try insertNumbers(profile.numbers.filter { !known.contains($0) }.map { (before.id, $0) }, in: tx)
        }
        try contacts.noteChanges(updated.map { ($0.0.id, .changed) }, of: organization, in: tx)
    }

    /// What people were, for undoing; of the import's own people only that it was the import that changed them.
    private func keepBefore(
        _ people: [Contacts.OpenedPerson],
        _ own: Set<ContactID>,
        in tx: any WriteTransaction
    ) throws {
        let requests = people.map { person in
            SealRequest(
                Sensitive(person.profile.encoded),
                at: contacts.place(person.id, .importBefore, row: id.bytes + person.id.bytes, of: organization)
            )
        }
        let sealed = try contacts.vault.seal(requests, of: organization, in: tx)
        let rows = zip(people, sealed).map { person, sealed in
            (contact: person.id, profile: own.contains(person.id) ? [] : sealed, revisionAfter: person.revision + 1)
        }
        try ImportPieceQueries.keepBefore(rows, of: id, organization: organization, in: tx)
    }

    // MARK: Dated records

    private func writeRecords(
        _ rows: PreparedRows,
        _ kind: DatedRecordKind,
        _ counts: inout ImportCounts,
        _ rejected: inout [PreparedRows.Rejected],
        in tx: any WriteTransaction
    ) throws -> [ContactID] {
        let numbers = Array(Set(rows.records.map(\.recordNumber)))
        let indexes = try contacts.numberIndexes(
            numbers.map { .init(source: settings.source, number: $0) },
            organization: organization,
            in: tx
        )
        let found = try ContactQueries.byRecordNumber(indexes, of: organization, in: tx)
        let owners = Dictionary(uniqueKeysWithValues: zip(numbers, indexes).map { ($0, found[$1]?.first) })
        var byContact: [ContactID: [DatedRecord]] = [:]
        let column = mapping.columns.first { $0.target == .record(.recordNumber) }?.header
        for row in rows.records {
            if let owner = owners[row.recordNumber] ?? nil {
                byContact[owner, default: []].append(row.record)
            } else {
                let message = CellProblem.unknownPerson(source: settings.source).message
                rejected.append(
                    .init(
                        row: row.row,
                        cells: rows.cells[row.row] ?? [],
                        reasons: [.init(column: column, message: message)]
                    )
                )
            }
        }
        let added = try contacts.add(byContact, kind: kind, importID: id, organization: organization, in: tx)
        counts.added = added
        counts.unchanged = byContact.values.reduce(0) { $0 + $1.count } - added
        return byContact.keys.sorted()
    }

    // MARK: What was not understood

    private func keep(
        _ rejected: [PreparedRows.Rejected],
        notes: [PlacedProblem],
        _ counts: inout ImportCounts,
        in tx: any WriteTransaction
    ) throws {
        counts.noted = notes.count
        let encoder = JSONEncoder()
        var rows: [(row: Int, kind: String, bytes: [UInt8])] = []
        for row in rejected { rows.append((row.row, "rejected", Array(try encoder.encode(row)))) }
        for (row, problems) in Dictionary(grouping: notes, by: \.row) {
            let reasons = problems.map { PreparedRows.Reason(column: $0.column, message: $0.problem.message) }
            let kept = PreparedRows.Rejected(row: row, cells: [], reasons: reasons)
            rows.append((row, "noted", Array(try encoder.encode(kept))))
        }
        let requests = rows.map { row in
            SealRequest(
                Sensitive(row.bytes),
                at: contacts.piecePlace(.importRow, id, Int64(row.row), of: organization)
            )
        }
        let sealed = try contacts.vault.seal(requests, of: organization, in: tx)
        let kept = zip(rows, sealed).map { (row: $0.row, kind: $0.kind, sealed: $1) }
        try ImportPieceQueries.insertRows(kept, of: id, organization: organization, in: tx)
    }
}
