// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// What a store has to say when it fails. The description names the class and the constraint, never a value: the text of
/// a database's error repeats row values and stays out (invariant I8).
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A unique, foreign-key, not-null or check constraint refused the statement.
        case constraint
        /// The disk has no room; nothing of the transaction was kept.
        case full
        /// The database cannot be reached, or is shutting down.
        case unavailable
        /// The connection was lost at COMMIT: the transaction was kept or not, and only a look can tell.
        case outcomeUnknown
        /// Another transaction interfered more often than the bounded retries allow.
        case serialization
        /// A stored value is not of the kind that the code expects.
        case decoding
        /// The statement itself is wrong: a bug.
        case statement
        /// The file or its pages are damaged, or it is not a database.
        case corrupt
        /// The store was closed.
        case closed
    }

    /// Which kind of constraint refused a statement.
    package enum Constraint: String, Sendable {
        case unique, foreignKey, notNull, check
        /// The value itself cannot be stored: a NUL in a text, a value of another type.
        case value
    }

    package let code: Code
    /// The constraint's or table's name, the SQLSTATE or the result code: a safe word or two, never a value.
    package let detail: String
    /// The kind of constraint, when the code is `constraint` and the database told it.
    package let constraint: Constraint?

    package init(code: Code, detail: String, constraint: Constraint? = nil) {
        self.code = code
        self.detail = detail
        self.constraint = constraint
    }

    /// Whether trying again later can succeed.
    package var isTransient: Bool { [.full, .unavailable, .serialization].contains(code) }

    package var description: String { "store.\(code.rawValue): \(detail)" }

    static func decoding(_ expected: String) -> StoreError { StoreError(code: .decoding, detail: expected) }
}

extension StoreError: TransientFailure {}
