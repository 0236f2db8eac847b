// SPDX-License-Identifier: Apache-2.0

/// One row of an answer.
package struct Row: Sendable {
    /// The columns' names in order, shared by all rows of one answer.
    package let columns: [String]
    package let values: [SQLValue]

    package init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column that is not NULL.
    package func value<Value: SQLConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try Value(sqlValue: try raw(column))
    }

    /// The value of a column, nil when NULL.
    package func optional<Value: SQLConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value? {
        let value = try raw(column)
        return value == .null ? nil : try Value(sqlValue: value)
    }

    /// The value of the column at a position that is not NULL; for statements that read many rows.
    package func value<Value: SQLConvertible>(at position: Int, as type: Value.Type = Value.self) throws -> Value {
        guard values.indices.contains(position) else { throw StoreError.decoding("column \(position)") }
        return try Value(sqlValue: values[position])
    }

    /// The value of the column at a position, nil when NULL.
    package func optional<Value: SQLConvertible>(at position: Int, as type: Value.Type = Value.self) throws -> Value? {
        guard values.indices.contains(position) else { throw StoreError.decoding("column \(position)") }
        return values[position] == .null ? nil : try Value(sqlValue: values[position])
    }

    private func raw(_ column: String) throws -> SQLValue {
        guard let position = columns.firstIndex(of: column) else { throw StoreError.decoding("column \(column)") }
        return values[position]
    }
}
