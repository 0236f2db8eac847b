// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

/// What undoing an import did.
package struct UndoCounts: Hashable, Sendable {
    /// People who came in with it and are gone again.
    package var removed = 0
    /// People who are again what they were before.
    package var restored = 0
    /// People changed by somebody or something else since, who stay as they are.
    package var kept = 0
}

/// What became of undoing an import.
package enum UndoImportOutcome: Hashable, Sendable {
    case undone(UndoCounts)
    /// So many of its people were written to since it began: undoing would leave messages without a recipient, or with
    /// another one than they were written for.
    case peopleWereWrittenTo(Int)
    case notFound
    /// It runs, or has nothing to undo.
    case notUndoable(ImportState)
    case reasonMissing

    /// Why nothing was undone, in words; nil when it was.
    package var refusal: String? {
        switch self {
        case .undone: nil
        case .peopleWereWrittenTo(1):
            "One person of this import was written to since. It cannot be undone any more; correct the people one by one."
        case .peopleWereWrittenTo(let count):
            "\(count) people of this import were written to since. It cannot be undone any more; correct them one by one."
        case .notFound: "There is no such import."
        case .notUndoable(.undone): "This import was undone before."
        case .notUndoable: "This import has not ended, so there is nothing to undo yet."
        case .reasonMissing: "Say why the import is undone."
        }
    }
}

extension Contacts {
    private static let undoneAtOnce = 500

    /// Undoes an import whose people were not written to: people it added are removed with their records, people it
    /// changed are restored unless changed since, dated records it added are removed. Called again after a failure it
    /// goes on.
    ///
    /// Who was written to is asked in the transaction that begins the undoing; from its commit on the send gate holds
    /// what would go to these people (`beingUndone`). The two read what the other writes, so that of an undoing and a
    /// submission at the same time only one goes through.
    package func undo(
        _ id: ImportID,
        reason: Sensitive<String>,
        by requester: Requester
    ) async throws -> UndoImportOutcome {
        try requester.require(.importContacts)
        guard reason.expose(for: .evaluating, { !CellText.trimmed($0).isEmpty }) else { return .reasonMissing }
        let organization = requester.organization
        if let refusal = try await beginUndo(id, reason: reason, by: requester) { return refusal }
        var counts = UndoCounts()
        var last: ContactID?
        repeat {
            let position = last
            let step = try await store.writeAlone { tx in
                try self.removeAdded(by: id, after: position, organization: organization, in: tx)
            }
            counts.removed += step.removed
            counts.kept += step.kept
            last = step.last
            try atImportPoint(.whileUndoing(people: counts.removed))
        } while last != nil
        while try await store.writeAlone({ try self.removeRecords(of: id, organization: organization, in: $0) }) {}
        while true {
            let step = try await store.writeAlone { tx in
                try self.restoreChanged(by: id, organization: organization, in: tx)
            }
            guard let step else { break }
            counts.restored += step.restored
            counts.kept += step.kept
        }
        try await endUndo(id, counts, by: requester)
        return .undone(counts)
    }

    private func beginUndo(
        _ id: ImportID,
        reason: Sensitive<String>,
        by requester: Requester
    ) async throws -> UndoImportOutcome? {
        try await store.writeAlone { tx in
            let organization = requester.organization
            guard let stored = try ImportQueries.find(id, of: organization, in: tx) else { return .notFound }
            if stored.state == .undoing { return nil }
            guard stored.state == .finished || stored.state == .failed else { return .notUndoable(stored.state) }
            let written = try self.writtenTo(
                id,
                since: stored.startedAt ?? stored.createdAt,
                organization: organization,
                in: tx
            )
            guard written == 0 else { return .peopleWereWrittenTo(written) }
            _ = try ImportQueries.move(id, from: [.finished, .failed], to: .undoing, of: organization, in: tx)
            let entry = AuditEntry(
                .importUndo,
                object: AuditObject(kind: "contact_import", id),
                reason: reason,
                facts: ["step": "begin"]
            )
            try self.audit.record(entry, by: requester, in: tx)
            return nil
        }
    }

    /// How many people whom the import added, changed or gave records to were written to since it began.
    private func writtenTo(
        _ id: ImportID,
        since moment: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        var written: Set<ContactID> = []
        for source in ImportQueries.PeopleOfImport.allCases {
            var last: ContactID?
            repeat {
                let page = try ImportQueries.people(source, id, after: last, limit: 5_000, of: organization, in: tx)
                written.formUnion(try contacted.contacted(among: page, since: moment, of: organization, in: tx))
                last = page.count < 5_000 ? nil : page.last
            } while last != nil
        }
        return written.count
    }

    private func removeAdded(
        by id: ImportID,
        after contact: ContactID?,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> (removed: Int, kept: Int, last: ContactID?) {
        let limit = Self.undoneAtOnce
        let page = try ImportQueries.people(createdBy: id, after: contact, limit: limit, of: organization, in: tx)
        let ids = page.map(\.id)
        let own = try ImportPieceQueries.before(of: id, contacts: ids, organization: organization, in: tx)
        let others = try ImportQueries.withOtherRecords(ids, than: id, of: organization, in: tx)
        let removable = page.filter { $0.revision == own[$0.id] ?? 1 && !others.contains($0.id) }.map(\.id)
        for contact in removable { try ContactQueries.delete(contact, of: organization, in: tx) }
        try noteChanges(removable.map { ($0, .removed) }, of: organization, in: tx)
        let kept = Set(ids).subtracting(removable).sorted()
        // Kept people have nothing to be restored to: their rows of what they were before only said that they are new.
        try ImportPieceQueries.deleteBefore(of: id, contacts: kept, organization: organization, in: tx)
        return (removable.count, kept.count, page.count < limit ? nil : ids.last)
    }

    private func removeRecords(
        of id: ImportID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let people = try RecordQueries.contacts(ofImport: id, limit: Self.undoneAtOnce, in: organization, tx: tx)
        guard !people.isEmpty else { return false }
        try RecordQueries.delete(ofImport: id, contacts: people, in: organization, tx: tx)
        try noteChanges(people.map { ($0, .changed) }, of: organization, in: tx)
        return true
    }

    private func restoreChanged(
        by id: ImportID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> (restored: Int, kept: Int)? {
        let page = try ImportPieceQueries.before(
            of: id,
            limit: Self.undoneAtOnce,
            organization: organization,
            in: tx
        )
        guard !page.isEmpty else { return nil }
        let current = try openPeople(page.map(\.contact), of: organization, in: tx)
        let byID = Dictionary(uniqueKeysWithValues: current.map { ($0.id, $0) })
        var restored = 0
        for row in page {
            guard let person = byID[row.contact], person.revision == row.revisionAfter, !row.profile.isEmpty else {
                continue
            }
            let place = place(
                row.contact,
                .importBefore,
                row: id.bytes + row.contact.bytes,
                of: organization
            )
            let profile = try vault.open(row.profile, at: place, in: tx).expose(for: .evaluating) { bytes in
                try Profile(decoding: bytes)
            }
            try rewrite(person, as: profile, organization: organization, in: tx)
            restored += 1
        }
        let contacts = page.map(\.contact)
        try ImportPieceQueries.deleteBefore(of: id, contacts: contacts, organization: organization, in: tx)
        return (restored, page.count - restored)
    }

    private func endUndo(_ id: ImportID, _ counts: UndoCounts, by requester: Requester) async throws {
        try await store.write { tx in
            _ = try ImportQueries.move(id, from: [.undoing], to: .undone, of: requester.organization, in: tx)
            let entry = AuditEntry(
                .importUndo,
                object: AuditObject(kind: "contact_import", id),
                facts: [
                    "step": "end", "removed": "\(counts.removed)", "restored": "\(counts.restored)",
                    "kept": "\(counts.kept)",
                ]
            )
            try self.audit.record(entry, by: requester, in: tx)
        }
    }
}
