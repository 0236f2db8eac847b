// SPDX-License-Identifier: Apache-2.0

/// A database: SQLite in a file of the data directory, or PostgreSQL. Both behave the same (invariant I9); the
/// conformance suite holds them to it.
///
/// A transaction is a synchronous closure on a database thread: an `await` inside does not compile, so no network call
/// can happen while rows are locked. A closure may run more than once and has no effect but on its transaction. What a
/// closure throws comes out of `write` unchanged, after the rollback; what the store itself has to say is a `StoreError`.
package protocol Store: Sendable {
    var dialect: Dialect { get }

    /// Runs the closure in a durable transaction, SERIALIZABLE in effect, and returns after the COMMIT.
    ///
    /// Concurrent small writes share one COMMIT, each in a savepoint of its own; a failing closure rolls back alone.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result

    /// Like `write`, in a transaction of its own: for long work such as a chunk of an import.
    func writeAlone<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result

    /// Runs the closure on a consistent snapshot. Readers are short: exports page by key.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result

    /// Waits for what is running and closes every connection; later calls throw `StoreError` with the code `closed`.
    func close() async
}

/// Statements that read, inside `Store.read` or `Store.write`.
package protocol ReadTransaction: AnyObject {
    var dialect: Dialect { get }
    /// All rows of an answer that is known to be small.
    func rows(_ sql: SQL) throws -> [Row]
    /// The rows one after another without holding them all.
    func forEachRow(_ sql: SQL, _ body: (Row) throws -> Void) throws
}

extension ReadTransaction {
    /// The first row, nil when there is none.
    package func row(_ sql: SQL) throws -> Row? { try rows(sql).first }

    /// The first column of the first row, nil when there is no row or it is NULL.
    package func first<Value: SQLConvertible>(_ sql: SQL, as type: Value.Type = Value.self) throws -> Value? {
        try rows(sql).first?.optional(at: 0)
    }
}

/// Statements that change, inside `Store.write`.
package protocol WriteTransaction: ReadTransaction {
    /// Runs the statement and returns how many rows it changed.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int
    /// Runs text of a migration, which has no parameters and may hold several statements.
    func executeScript(_ script: MigrationScript) throws
}
