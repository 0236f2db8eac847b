// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import Glibc
package import WardStorage

/// The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, written by one thread in groups, read by a
/// pool of connections that each see a snapshot.
package final class SQLiteStore: Store {
    package let dialect = Dialect.sqlite
    let pool: DatabasePool
    let writer: SQLiteWriter

    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// Errors: `corrupt` when the file is not a database, `unavailable` when it cannot be opened or cannot be made durable.
    package static func open(path: String) throws -> SQLiteStore {
        // SQLite gives the WAL and the shared memory the rights of the database file.
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(code: .unavailable, detail: "the database file cannot be opened or made")
        }
        Glibc.close(descriptor)
        do {
            let pool = try DatabasePool(path: path, configuration: configuration())
            try pool.writeWithoutTransaction(makeDurable)
            return SQLiteStore(pool)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    private init(_ pool: DatabasePool) {
        self.pool = pool
        writer = SQLiteWriter(pool)
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "ward.sqlite"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // A schema that was tampered with runs no function and no virtual table of its choice; nothing sorted is
            // spilled outside the data directory.
            try database.execute(
                sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY"
            )
            guard let connection = database.sqliteConnection, ward_sqlite3_make_defensive(connection) == SQLITE_OK,
                ward_sqlite3_plan_once(connection) == SQLITE_OK
            else {
                throw StoreError(code: .unavailable, detail: "sqlite cannot be made defensive, or plan once")
            }
        }
        return configuration
    }

    /// GRDB sets `synchronous=NORMAL` after `prepareDatabase`, which loses the last commits with the power: set after
    /// opening, and read back.
    private static func makeDurable(_ database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000")
        // Keyed look-ups are random: beyond some 50,000 people their indexes outgrow SQLite's 2 MiB of pages, and an import
        // spent half its time reading them again. At most 32 MiB, taken as they are needed.
        try database.execute(sql: "PRAGMA cache_size = -32768")
        guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2,
            try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal",
            try Int.fetchOne(database, sql: "PRAGMA foreign_keys") == 1
        else { throw StoreError(code: .unavailable, detail: "sqlite does not take the settings that durability needs") }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try await SQLiteJob.result(of: { try body($0) }) { writer.submit($0) }
    }

    package func writeAlone<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try await SQLiteJob.result(of: { try body($0) }) { writer.submitAlone($0) }
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.read { database in
                let transaction = SQLiteReadTransaction(database)
                let result = try body(transaction)
                if let swallowed = transaction.failure { throw swallowed }
                return result
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        } catch let error as StoreError {
            // A cancelled task's read is interrupted; that is no failure of the store.
            if Task.isCancelled { throw CancellationError() }
            throw error
        }
    }

    package func close() async {
        await writer.close()
        // Closing fails only while statements run; the file is consistent either way.
        try? pool.close()
    }
}
