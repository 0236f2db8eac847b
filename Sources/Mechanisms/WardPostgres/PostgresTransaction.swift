// SPDX-License-Identifier: Apache-2.0

import WardStorage

/// The statements of one transaction, or of one closure's savepoint in a group.
final class PostgresTransaction: WriteTransaction {
    private static let fetchSize = 1_000

    let dialect = Dialect.postgres
    private let connection: PostgresConnection
    /// Control statements that wait for the next real one, to travel with it.
    var pending: [String]
    /// The first failure. The server refuses everything after it, so a closure that swallows it fails all the same.
    private(set) var failure: StoreError?
    /// A savepoint of the group itself failed: the failure is not the closure's.
    private(set) var groupFailure: StoreError?
    private var cursors = 0

    init(_ connection: PostgresConnection, pending: [String]) {
        self.connection = connection
        self.pending = pending
    }

    func rows(_ sql: SQL) throws -> [Row] { try run(sql)?.rows() ?? [] }

    func forEachRow(_ sql: SQL, _ body: (Row) throws -> Void) throws {
        guard Self.isQuery(sql) else {
            for row in try rows(sql) { try body(row) }
            return
        }
        // A cursor, so that the closure may run other statements meanwhile and memory stays bounded. Names are numbers
        // made here: nothing from outside is in this text.
        cursors += 1
        let cursor = SQL.Piece.text("cursor_\(cursors)")
        try run(
            keepsPlan: false,
            SQL.assembled([.text("DECLARE "), cursor, .text(" NO SCROLL CURSOR FOR ")] + sql.pieces)
        )
        let fetch = SQL.assembled([.text("FETCH FORWARD \(Self.fetchSize) FROM "), cursor])
        while true {
            let rows = try run(keepsPlan: false, fetch)?.rows() ?? []
            for row in rows { try body(row) }
            if rows.count < Self.fetchSize { break }
        }
        try run(keepsPlan: false, SQL.assembled([.text("CLOSE "), cursor]))
    }

    /// A cursor reads; what changes rows and returns them answers at once.
    private static func isQuery(_ sql: SQL) -> Bool {
        guard case .text(let text) = sql.pieces.first else { return false }
        let word = text.drop { $0.isWhitespace }.prefix { $0.isLetter }
        return ["SELECT", "WITH", "VALUES"].contains(word.uppercased())
    }

    func execute(_ sql: SQL) throws -> Int { try run(sql)?.changed ?? 0 }

    func executeScript(_ script: MigrationScript) throws {
        try recordingFailure {
            if !pending.isEmpty { try connection.roundTrip(controls: take()) }
            if let failure { throw failure }
            try connection.script(script.text)
        }
    }

    /// Forgets a failure that a ROLLBACK TO has mended.
    func recovered() { failure = nil }

    /// Sends what is pending and `controls` without a statement, and returns the last answer.
    func finish(_ controls: [String]) throws -> PostgresResult? {
        try recordingFailure { try connection.roundTrip(controls: take() + controls) }
    }

    @discardableResult
    private func run(keepsPlan: Bool = true, _ sql: SQL) throws -> PostgresResult? {
        if let failure { throw failure }
        let statement = sql.rendered(for: .postgres)
        return try recordingFailure {
            // Before anything is sent: half a round trip cannot be taken back.
            try StatementRules.check(statement.text, statement.parameters)
            return try connection.roundTrip(controls: take(), statement, keepsPlan: keepsPlan)
        }
    }

    private func take() -> [String] {
        defer { pending = [] }
        return pending
    }

    private func recordingFailure<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            failure = failure ?? error
            if connection.controlFailed || connection.isBroken { groupFailure = groupFailure ?? error }
            throw error
        }
    }
}

/// The statements of a transaction that reads. A type of its own: whoever asks whether a transaction can write (the vault
/// remembers no key from a transaction that may be undone) gets a true answer.
final class PostgresReadTransaction: ReadTransaction {
    let dialect = Dialect.postgres
    private let transaction: any WriteTransaction

    init(_ transaction: any WriteTransaction) { self.transaction = transaction }

    func rows(_ sql: SQL) throws -> [Row] { try transaction.rows(sql) }

    func forEachRow(_ sql: SQL, _ body: (Row) throws -> Void) throws { try transaction.forEachRow(sql, body) }
}
