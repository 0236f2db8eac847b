// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import WardStorage

/// The embedded store: one SQLite file in WAL mode with `synchronous=FULL`.
package final class SQLiteStore: Store {
    package let dialect = Dialect.sqlite
    private let pool: DatabasePool

    /// Opens or makes the file.
    package static func open(path: String) throws -> SQLiteStore {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return SQLiteStore(pool: pool)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    private init(pool: DatabasePool) { self.pool = pool }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try await writeAlone(body)
    }

    package func writeAlone<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.barrierWriteWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(.immediate) {
                    result = try body(SQLiteTransaction(database))
                    return .commit
                }
                guard let result else { throw StoreError(code: .statement, detail: "no result") }
                return result
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.read { try body(SQLiteReadTransaction($0)) }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    package func close() async {
        // Closing fails only while statements run; the file is consistent either way.
        try? pool.close()
    }
}

extension StoreError {
    init(_ error: DatabaseError) {
        let code: Code =
            switch error.resultCode {
            case .SQLITE_CONSTRAINT: .constraint
            case .SQLITE_FULL: .full
            case .SQLITE_BUSY, .SQLITE_LOCKED: .serialization
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: .corrupt
            case .SQLITE_CANTOPEN, .SQLITE_IOERR: .unavailable
            case .SQLITE_MISUSE: .closed
            default: .statement
            }
        self.init(code: code, detail: "sqlite \(error.extendedResultCode.rawValue)")
    }
}

/// The statements of a transaction that reads. A type of its own: whoever asks whether a transaction can write (the vault
/// remembers no key from a transaction that may be undone) gets a true answer.
class SQLiteReadTransaction: ReadTransaction {
    let dialect = Dialect.sqlite
    fileprivate let database: Database

    init(_ database: Database) { self.database = database }

    func rows(_ sql: WardStorage.SQL) throws -> [WardStorage.Row] {
        var result: [WardStorage.Row] = []
        try forEachRow(sql) { result.append($0) }
        return result
    }

    func forEachRow(_ sql: WardStorage.SQL, _ body: (WardStorage.Row) throws -> Void) throws {
        let (text, parameters) = sql.rendered(for: .sqlite)
        do {
            let statement = try database.cachedStatement(sql: text)
            let cursor = try Row.fetchCursor(statement, arguments: Self.arguments(parameters))
            let columns = statement.columnNames
            while let row = try cursor.next() {
                let values = Array(row.databaseValues.map(Self.value))
                try body(WardStorage.Row(columns: columns, values: values))
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    fileprivate static func arguments(_ values: [SQLValue]) -> StatementArguments {
        StatementArguments(
            values.map { value -> DatabaseValue in
                switch value {
                case .null: .null
                case .integer(let value): value.databaseValue
                case .real(let value): value.databaseValue
                case .text(let value): value.databaseValue
                case .blob(let value): Data(value).databaseValue
                }
            }
        )
    }

    private static func value(_ value: DatabaseValue) -> SQLValue {
        switch value.storage {
        case .null: .null
        case .int64(let value): .integer(value)
        case .double(let value): .real(value)
        case .string(let value): .text(value)
        case .blob(let value): .blob(Array(value))
        }
    }
}

/// The statements of a transaction that changes.
final class SQLiteTransaction: SQLiteReadTransaction, WriteTransaction {
    func execute(_ sql: WardStorage.SQL) throws -> Int {
        let (text, parameters) = sql.rendered(for: .sqlite)
        do {
            let statement = try database.cachedStatement(sql: text)
            try statement.execute(arguments: Self.arguments(parameters))
            return database.changesCount
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    func executeScript(_ script: MigrationScript) throws {
        do {
            try database.execute(sql: script.text)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }
}
