// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage
import WardVault

/// A list with the number of its members.
package struct ContactListSummary: Hashable, Sendable {
    package let id: ListID
    package let name: String
    package let members: Int
}

/// What became of naming a list.
package enum NameListOutcome: Hashable, Sendable {
    case named(ListID)
    case nameTaken(by: ListID)
    case nameEmpty
    case notFound
}

extension Contacts {
    package func lists(by requester: Requester) async throws -> [ContactListSummary] {
        try requester.require(.viewContacts)
        return try await store.read { tx in try self.lists(of: requester.organization, in: tx) }
    }

    /// The lists, for code that resolves their names inside a transaction of its own.
    package func lists(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [ContactListSummary] {
        try ListQueries.all(of: organization, in: tx).map { list in
            let plain = try vault.open(list.name, at: listPlace(list.id, of: organization), in: tx)
            let name = plain.expose(for: .evaluating) { String(decoding: $0, as: UTF8.self) }
            return ContactListSummary(id: list.id, name: name, members: list.members)
        }
    }

    package func createList(named name: String, by requester: Requester) async throws -> NameListOutcome {
        try requester.require(.editContacts)
        return try await store.write { tx in try self.createList(named: name, by: requester, in: tx) }
    }

    func createList(
        named name: String,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> NameListOutcome {
        let organization = requester.organization
        let trimmed = CellText.trimmed(name)
        guard !trimmed.isEmpty else { return .nameEmpty }
        let index = try listIndex(trimmed, of: organization, in: tx)
        if let taken = try ListQueries.named(index, of: organization, in: tx) { return .nameTaken(by: taken) }
        let id = surroundings.makeIdentifier(ContactListTag.self)
        let sealed = try vault.seal(Sensitive(Array(trimmed.utf8)), at: listPlace(id, of: organization), in: tx)
        _ = try ListQueries.insert(
            id,
            name: sealed,
            nameIndex: index,
            of: organization,
            at: surroundings.now(),
            in: tx
        )
        try noteListChange(id, ["change": "created"], requester, in: tx)
        return .named(id)
    }

    package func renameList(_ list: ListID, to name: String, by requester: Requester) async throws -> NameListOutcome {
        try requester.require(.editContacts)
        return try await store.write { tx in
            let organization = requester.organization
            let trimmed = CellText.trimmed(name)
            guard !trimmed.isEmpty else { return .nameEmpty }
            guard try ListQueries.exists(list, of: organization, in: tx) else { return .notFound }
            let index = try self.listIndex(trimmed, of: organization, in: tx)
            if let taken = try ListQueries.named(index, of: organization, in: tx), taken != list {
                return .nameTaken(by: taken)
            }
            let place = self.listPlace(list, of: organization)
            let sealed = try self.vault.seal(Sensitive(Array(trimmed.utf8)), at: place, in: tx)
            try ListQueries.rename(list, name: sealed, nameIndex: index, of: organization, in: tx)
            try self.noteListChange(list, ["change": "renamed"], requester, in: tx)
            return .named(list)
        }
    }

    /// False when there is no such list. Its members stay people.
    package func deleteList(_ list: ListID, by requester: Requester) async throws -> Bool {
        try requester.require(.editContacts)
        return try await store.writeAlone { tx in
            let organization = requester.organization
            var members: [ContactID] = []
            while true {
                let page = try ListQueries.members(
                    of: list,
                    after: members.last,
                    limit: 5_000,
                    in: organization,
                    tx: tx
                )
                members += page
                if page.count < 5_000 { break }
            }
            guard try ListQueries.delete(list, of: organization, in: tx) == 1 else { return false }
            try self.noteChanges(members.map { ($0, .changed) }, of: organization, in: tx)
            try self.noteListChange(list, ["change": "deleted", "members": "\(members.count)"], requester, in: tx)
            return true
        }
    }

    /// Puts people on a list; nil when there is no such list, else how many were not on it.
    package func add(
        _ contacts: [ContactID],
        to list: ListID,
        by requester: Requester
    ) async throws -> Int? {
        try requester.require(.editContacts)
        return try await store.write { tx in
            guard try ListQueries.exists(list, of: requester.organization, in: tx) else { return nil }
            return try self.add(contacts, to: list, by: requester, in: tx)
        }
    }

    func add(
        _ contacts: [ContactID],
        to list: ListID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Int {
        let organization = requester.organization
        let known = try ContactQueries.find(contacts, of: organization, in: tx).map(\.id)
        let now = surroundings.now()
        let added = try ListQueries.add(known, to: list, of: organization, at: now, in: tx)
        try noteChanges(known.map { ($0, .changed) }, of: organization, in: tx)
        try noteListChange(list, ["change": "added", "members": "\(added)"], requester, in: tx)
        return added
    }

    /// Takes people off a list; returns how many were on it.
    package func remove(_ contacts: [ContactID], from list: ListID, by requester: Requester) async throws -> Int {
        try requester.require(.editContacts)
        return try await store.write { tx in
            let organization = requester.organization
            let removed = try ListQueries.remove(contacts, from: list, of: organization, in: tx)
            let known = try ContactQueries.find(contacts, of: organization, in: tx).map(\.id)
            try self.noteChanges(known.map { ($0, .changed) }, of: organization, in: tx)
            try self.noteListChange(list, ["change": "removed", "members": "\(removed)"], requester, in: tx)
            return removed
        }
    }

    /// A page of a list's members, masked.
    package func members(
        of list: ListID,
        after contact: ContactID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> ContactPage {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            let organization = requester.organization
            let ids = try ListQueries.members(of: list, after: contact, limit: limit + 1, in: organization, tx: tx)
            let shown = Array(ids.prefix(limit))
            let people = try self.openPeople(shown, of: organization, in: tx).sorted { $0.id < $1.id }
            let summaries = try self.summaries(people, by: requester, in: tx)
            return ContactPage(people: summaries, next: ids.count > limit ? shown.last : nil)
        }
    }

    private func listPlace(_ list: ListID, of organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .listName, row: list.bytes)
    }

    private func listIndex(
        _ name: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.blindIndex(Sensitive(name.lowercased()), kind: .listName, of: organization, in: tx)
    }

    private func noteListChange(
        _ list: ListID,
        _ facts: [String: String],
        _ requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let entry = AuditEntry(.listChange, object: AuditObject(kind: "contact_list", list), facts: facts)
        try audit.record(entry, by: requester, in: tx)
    }
}
