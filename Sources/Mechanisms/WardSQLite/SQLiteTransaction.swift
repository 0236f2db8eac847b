// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import WardStorage

/// The statements of a transaction that reads. A type of its own: whoever asks whether a transaction can write (the vault
/// remembers no key from a transaction that may be undone) gets a true answer.
class SQLiteReadTransaction: ReadTransaction {
    let dialect = Dialect.sqlite
    private let database: Database
    /// The first failure. A closure that swallows it fails all the same, as on PostgreSQL.
    fileprivate(set) var failure: StoreError?
    /// Texts whose cached statement is in the middle of its rows.
    private var running: Set<String> = []

    init(_ database: Database) { self.database = database }

    func rows(_ sql: WardStorage.SQL) throws -> [WardStorage.Row] {
        var result: [WardStorage.Row] = []
        try forEachRow(sql) { result.append($0) }
        return result
    }

    func forEachRow(_ sql: WardStorage.SQL, _ body: (WardStorage.Row) throws -> Void) throws {
        try withStatement(sql) { statement, connection in
            var columns: [String]?
            while try self.step(statement, connection) {
                let names = columns ?? Self.columns(statement)
                columns = names
                try body(WardStorage.Row(columns: names, values: Self.values(statement, names.count)))
            }
        }
    }

    fileprivate func connection() throws -> OpaquePointer {
        guard let connection = database.sqliteConnection else { throw StoreError(code: .closed, detail: "sqlite") }
        return connection
    }

    fileprivate func withStatement(
        _ sql: WardStorage.SQL,
        _ body: (_ statement: OpaquePointer, _ connection: OpaquePointer) throws -> Void
    ) throws {
        if let failure { throw failure }
        let (text, parameters) = sql.rendered(for: .sqlite)
        let connection = try connection()
        let prepared = try recordingFailure {
            try StatementRules.check(text, parameters)
            return try prepare(text)
        }
        let isFirst = running.insert(text).inserted
        let statement = prepared.sqliteStatement
        defer {
            sqlite3_reset(statement)
            // What was bound may be sealed data of a person: it is not kept with the cached statement.
            sqlite3_clear_bindings(statement)
            if isFirst { running.remove(text) }
            withExtendedLifetime(prepared) {}
        }
        try recordingFailure {
            guard sqlite3_bind_parameter_count(statement) == Int32(clamping: parameters.count) else {
                throw StoreError(code: .statement, detail: "a placeholder in the text of a statement")
            }
            for (position, value) in parameters.enumerated() {
                guard Self.bind(value, Int32(position + 1), statement) == SQLITE_OK else {
                    throw StoreError(connection: connection)
                }
            }
        }
        try body(statement, connection)
    }

    /// Whether there is a row.
    fileprivate func step(_ statement: OpaquePointer, _ connection: OpaquePointer) throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: return try recordingFailure { throw StoreError(connection: connection) }
        }
    }

    fileprivate func prepare(_ text: String) throws -> Statement {
        do {
            // A statement inside the rows of the same statement needs one of its own.
            return running.contains(text)
                ? try database.makeStatement(sql: text) : try database.cachedStatement(sql: text)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    fileprivate func recordingFailure<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            failure = failure ?? error
            throw error
        }
    }

    private static func columns(_ statement: OpaquePointer) -> [String] {
        (0..<sqlite3_column_count(statement)).map {
            sqlite3_column_name(statement, $0).map { String(cString: $0) } ?? ""
        }
    }

    private static func values(_ statement: OpaquePointer, _ count: Int) -> [SQLValue] {
        (0..<Int32(clamping: count)).map { column in
            switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
            case SQLITE_FLOAT: .real(sqlite3_column_double(statement, column))
            case SQLITE_TEXT: .text(text(statement, column))
            case SQLITE_BLOB: .blob(blob(statement, column))
            default: .null
            }
        }
    }

    private static func text(_ statement: OpaquePointer, _ column: Int32) -> String {
        guard let start = sqlite3_column_text(statement, column) else { return "" }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func blob(_ statement: OpaquePointer, _ column: Int32) -> [UInt8] {
        // An empty value has no address.
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }

    private static func bind(_ value: SQLValue, _ position: Int32, _ statement: OpaquePointer) -> Int32 {
        // SQLITE_TRANSIENT: SQLite copies before the call returns.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(statement, position)
        case .integer(let number): return sqlite3_bind_int64(statement, position, number)
        case .real(let number): return sqlite3_bind_double(statement, position, number)
        case .text(let text):
            var text = text
            return text.withUTF8 { bytes in
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return sqlite3_bind_text(statement, position, "", 0, copied)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(
                        statement,
                        position,
                        $0,
                        UInt64(bytes.count),
                        copied,
                        UInt8(SQLITE_UTF8)
                    )
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty { return sqlite3_bind_zeroblob(statement, position, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(statement, position, $0.baseAddress, UInt64($0.count), copied)
            }
        }
    }
}

/// The statements of a transaction that changes, or of one closure's savepoint in a group.
final class SQLiteTransaction: SQLiteReadTransaction, WriteTransaction {
    func execute(_ sql: WardStorage.SQL) throws -> Int {
        var changed = 0
        try withStatement(sql) { statement, connection in
            let before = sqlite3_total_changes64(connection)
            while try self.step(statement, connection) {}
            // sqlite3_changes speaks of the last statement that changed anything, which need not be this one.
            if sqlite3_total_changes64(connection) != before { changed = Int(sqlite3_changes64(connection)) }
        }
        return changed
    }

    func executeScript(_ script: MigrationScript) throws {
        try recordingFailure {
            if let failure { throw failure }
            let connection = try connection()
            guard sqlite3_exec(connection, script.text, nil, nil, nil) == SQLITE_OK else {
                throw StoreError(connection: connection)
            }
        }
    }

    /// Runs one of the store's own words: BEGIN, SAVEPOINT, RELEASE, COMMIT, ROLLBACK.
    func control(_ word: TransactionWord) throws {
        let connection = try connection()
        let statement = try prepare(word.rawValue)
        defer { sqlite3_reset(statement.sqliteStatement) }
        guard sqlite3_step(statement.sqliteStatement) == SQLITE_DONE else { throw StoreError(connection: connection) }
    }

    /// Forgets a failure that a ROLLBACK TO has mended.
    func recovered() { failure = nil }

    /// Whether BEGIN still holds: some errors end the whole transaction by themselves.
    var isOpen: Bool {
        get throws { sqlite3_get_autocommit(try connection()) == 0 }
    }

    /// Whether a row waits for the row that its foreign key names; the COMMIT of everybody would fail.
    var leavesForeignKeyOpen: Bool {
        get throws {
            var current: Int32 = 0
            var highest: Int32 = 0
            let answer = sqlite3_db_status(try connection(), SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
            return answer == SQLITE_OK && current > 0
        }
    }
}

/// The words with which the store itself begins and ends transactions.
enum TransactionWord: String {
    case begin = "BEGIN IMMEDIATE"
    case savepoint = "SAVEPOINT w"
    case release = "RELEASE w"
    case rollbackTo = "ROLLBACK TO w"
    case commit = "COMMIT"
    case rollback = "ROLLBACK"
}
