// SPDX-License-Identifier: Apache-2.0

/// One value as both stores know it. Integers are 64-bit, times are microseconds, identifiers sixteen bytes.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// A Swift type that is stored in one column.
package protocol SQLConvertible: Sendable {
    var sqlValue: SQLValue { get }
    /// Throws `StoreError` with the code `decoding` when the stored value is of another kind.
    init(sqlValue: SQLValue) throws
}

/// A statement in which parameters can only be interpolated values: there is no way from a `String` to SQL.
///
/// ```swift
/// try tx.rows("SELECT name FROM list WHERE organization = \(organization) AND id IN \(list: identifiers)")
/// ```
///
/// Parameters are numbered in order of appearance (`?` for SQLite, `$1`, `$2` … for PostgreSQL).
package struct SQL: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    package enum Piece: Sendable, Hashable {
        case text(String)
        case value(SQLValue)
    }

    package private(set) var pieces: [Piece]

    /// For the compiler alone, which passes what stands between the quotes; `make check` refuses a call by name.
    package init(stringLiteral value: String) { pieces = [.text(value)] }

    package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

    package struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount * 2 + 1)
        }

        package mutating func appendLiteral(_ literal: String) { pieces.append(.text(literal)) }

        /// A bound parameter.
        package mutating func appendInterpolation(_ value: some SQLConvertible) {
            pieces.append(.value(value.sqlValue))
        }

        /// A bound parameter, NULL when nil.
        package mutating func appendInterpolation(_ value: (some SQLConvertible)?) {
            pieces.append(.value(value?.sqlValue ?? .null))
        }

        /// A bound parameter of any kind.
        package mutating func appendInterpolation(value: SQLValue) { pieces.append(.value(value)) }

        /// Another statement's text and parameters, in place.
        package mutating func appendInterpolation(fragment: SQL) { pieces.append(contentsOf: fragment.pieces) }

        /// A parenthesized list of bound parameters, for `IN`. An empty list is `(NULL)`, which matches nothing.
        package mutating func appendInterpolation(list values: [some SQLConvertible]) {
            pieces.append(.text("("))
            if values.isEmpty { pieces.append(.text("NULL")) }
            for (position, value) in values.enumerated() {
                if position > 0 { pieces.append(.text(", ")) }
                pieces.append(.value(value.sqlValue))
            }
            pieces.append(.text(")"))
        }
    }

    /// A statement of pieces, for the stores alone, which wrap one in a cursor's declaration.
    package static func assembled(_ pieces: [Piece]) -> SQL {
        var result: SQL = ""
        result.pieces = pieces
        return result
    }

    /// The statements one after another, with a separator between them.
    package static func joined(_ parts: [SQL], separator: SQL) -> SQL {
        var result: SQL = ""
        for (position, part) in parts.enumerated() {
            if position > 0 { result.pieces.append(contentsOf: separator.pieces) }
            result.pieces.append(contentsOf: part.pieces)
        }
        return result
    }

    /// The text with numbered placeholders of the dialect, and the parameters in order.
    package func rendered(for dialect: Dialect) -> (text: String, parameters: [SQLValue]) {
        var text = ""
        var parameters: [SQLValue] = []
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .value(let value):
                parameters.append(value)
                text += dialect == .sqlite ? "?" : "$\(parameters.count)"
            }
        }
        return (text, parameters)
    }
}

/// The two stores that Ward speaks.
package enum Dialect: String, Sendable, CaseIterable {
    case sqlite, postgres
}
