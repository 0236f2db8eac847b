// SPDX-License-Identifier: Apache-2.0
//
// The change feed. A change is inserted without a position in the transaction that makes it. `numberChanges` gives
// positions to what is committed: it reads the head, numbers the waiting rows from head + 1 on, and advances the head in
// a statement that takes effect only if the head is still the one it read. Two steps at once cannot both succeed, so
// positions are contiguous, and a change that commits later always gets a later position: a reader that has seen
// position n has missed nothing up to n.

package import WardKernel
package import WardStorage

extension Contacts {
    /// Gives positions to committed changes, at most `limit`. Call it before following the feed; any number of nodes
    /// may. Returns how many were numbered.
    @discardableResult
    package func numberChanges(of organization: OrganizationID, limit: Int = 10_000) async throws -> Int {
        let waiting = try await store.read { tx in try ChangeQueries.unnumbered(limit: 1, of: organization, in: tx) }
        guard waiting > 0 else { return 0 }
        return try await store.writeAlone { tx in
            try ChangeQueries.startFeed(of: organization, in: tx)
            let head = try ChangeQueries.head(of: organization, in: tx)
            let count = try ChangeQueries.number(from: head, limit: limit, of: organization, in: tx)
            guard count > 0 else { return 0 }
            let isOurs = try ChangeQueries.advance(from: head, to: head + Int64(count), of: organization, in: tx)
            guard isOurs else { throw StoreError(code: .serialization, detail: "contact_feed") }
            return count
        }
    }

    /// The numbered changes after a position, in order, at most `limit`.
    package func changes(
        after position: Int64,
        limit: Int = 10_000,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactChange] {
        try ChangeQueries.page(after: position, limit: limit, of: organization, in: tx)
    }

    /// Those of these people who changed after a position, also by changes that have no position yet.
    package func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        try ChangeQueries.changed(among: contacts, after: position, of: organization, in: tx)
    }

    /// The newest position; 0 before the first.
    package func feedHead(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64 {
        try ChangeQueries.head(of: organization, in: tx)
    }
}
