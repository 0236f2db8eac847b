// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage

@Suite struct SQLTests {
    @Test func `parameters are numbered in order of appearance`() {
        let inner: SQL = "b = \(2) AND c IN \(list: ["x", "y"])"
        let statement: SQL = "SELECT a FROM t WHERE a = \(1) AND \(fragment: inner) AND d = \(nil as Int?)"
        let postgres = statement.rendered(for: .postgres)
        #expect(postgres.text == "SELECT a FROM t WHERE a = $1 AND b = $2 AND c IN ($3, $4) AND d = $5")
        #expect(postgres.parameters == [.integer(1), .integer(2), .text("x"), .text("y"), .null])
        #expect(
            statement.rendered(for: .sqlite).text == "SELECT a FROM t WHERE a = ? AND b = ? AND c IN (?, ?) AND d = ?"
        )
    }

    @Test func `an interpolated string is a value and never text`() {
        let hostile = "'; DROP TABLE t; --"
        let statement: SQL = "SELECT a FROM t WHERE b = \(hostile)"
        #expect(statement.rendered(for: .postgres).text == "SELECT a FROM t WHERE b = $1")
    }

    @Test func `statements are joined with their parameters in order`() {
        let joined = SQL.joined(["a = \(1)", "b = \(2)"], separator: " OR ").rendered(for: .postgres)
        #expect(joined.text == "a = $1 OR b = $2")
        #expect(joined.parameters == [.integer(1), .integer(2)])
    }

    @Test(arguments: [
        "COMMIT", " begin", "\n\tRollback to x", "SAVEPOINT a", ";end", "release w", "START TRANSACTION", "abort",
    ])
    func `a statement that begins or ends a transaction is refused`(text: String) {
        #expect(throws: StoreError.self) { try StatementRules.check(text, []) }
    }

    @Test(arguments: ["SELECT 1", "CREATE TABLE t (n BIGINT)", "INSERT INTO released (n) VALUES (1)", "ENDURE", ""])
    func `another statement is not`(text: String) throws {
        try StatementRules.check(text, [])
    }
}
