// SPDX-License-Identifier: Apache-2.0

/// What both stores refuse before a statement reaches a database, so that they behave the same (invariant I9).
package enum StatementRules {
    /// The smaller of the two databases' limits (SQLite 32,766; PostgreSQL 65,535).
    package static let parameterLimit = 32_766

    /// Throws for what one of the stores cannot keep, or would keep as something else.
    ///
    /// A NUL ends a text in PostgreSQL, a NaN is NULL in SQLite. Errors: `constraint` for values, `statement` for the
    /// text: a closure that begins or ends a transaction by itself would commit what others wrote in its group.
    package static func check(_ text: String, _ parameters: [SQLValue]) throws {
        if controlsTransaction(text) {
            throw StoreError(code: .statement, detail: "a transaction's closure may not begin or end a transaction")
        }
        if parameters.count > parameterLimit {
            throw StoreError(code: .statement, detail: "more than \(parameterLimit) parameters: page the work")
        }
        for parameter in parameters {
            switch parameter {
            case .text(let text) where text.utf8.contains(0):
                throw StoreError(code: .constraint, detail: "a text with a NUL character", constraint: .value)
            case .real(let number) where number.isNaN:
                throw StoreError(code: .constraint, detail: "a number that is not a number", constraint: .value)
            default: continue
            }
        }
    }

    private static let controlWords: Set<String> = [
        "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE",
    ]

    private static func controlsTransaction(_ text: String) -> Bool {
        let start = text.utf8.drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x09 || $0 == 0x0d || $0 == UInt8(ascii: ";") }
        // Every word that matters begins with one of these letters: the common statements are let through at once.
        guard let first = start.first, "BSCERAPbscerap".utf8.contains(first) else { return false }
        let word = start.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        return word.count <= 9 && controlWords.contains(String(decoding: word, as: UTF8.self).uppercased())
    }
}
