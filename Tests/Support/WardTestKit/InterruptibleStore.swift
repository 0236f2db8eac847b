// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardStorage

/// A store that is away when a test says so, for as many transactions as it says.
package final class InterruptibleStore: Store {
    private let store: any Store
    private let failures = Mutex(0)

    package init(_ store: any Store) { self.store = store }

    package var dialect: Dialect { store.dialect }

    /// The next transactions find no database.
    package func fail(next count: Int) { failures.withLock { $0 = count } }

    private func check() throws {
        let isAway = failures.withLock { failures in
            defer { failures = max(0, failures - 1) }
            return failures > 0
        }
        if isAway { throw StoreError(code: .unavailable, detail: "test") }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try check()
        return try await store.write(body)
    }

    package func writeAlone<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try check()
        return try await store.writeAlone(body)
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result {
        try check()
        return try await store.read(body)
    }

    package func close() async { await store.close() }
}
