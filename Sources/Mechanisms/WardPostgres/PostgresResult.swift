// SPDX-License-Identifier: Apache-2.0

import CLibPQ
import WardStorage

/// One answer of the server, freed with this object.
final class PostgresResult {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// The command's tag, such as `COMMIT` or `UPDATE 3`.
    var tag: String { String(cString: PQcmdStatus(pointer)) }

    /// How many rows the command changed.
    var changed: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// The failure, with the SQLSTATE and the names of the schema only: the server's texts quote row values.
    var failure: StoreError? {
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_PIPELINE_SYNC, PGRES_EMPTY_QUERY: nil
        case PGRES_PIPELINE_ABORTED: StoreError(code: .statement, detail: "skipped after an error")
        default: StoreError(sqlState: field(PG_DIAG_SQLSTATE) ?? "", name: constraintName)
        }
    }

    /// The constraint's name; for a NOT NULL, which has none, `table.column`.
    private var constraintName: String? {
        if let name = field(PG_DIAG_CONSTRAINT_NAME) { return name }
        guard let table = field(PG_DIAG_TABLE_NAME), let column = field(PG_DIAG_COLUMN_NAME) else { return nil }
        return "\(table).\(column)"
    }

    /// All rows; columns are in binary format.
    func rows() throws -> [Row] {
        let columnCount = PQnfields(pointer)
        let columns = (0..<columnCount).map { String(cString: PQfname(pointer, $0)) }
        let types = (0..<columnCount).map { PostgresType(rawValue: PQftype(pointer, $0)) }
        return try (0..<PQntuples(pointer)).map { row in
            let values = try (0..<columnCount).map { try value(row, $0, types[Int($0)]) }
            return Row(columns: columns, values: values)
        }
    }

    private func value(_ row: Int32, _ column: Int32, _ type: PostgresType?) throws -> SQLValue {
        if PQgetisnull(pointer, row, column) == 1 { return .null }
        guard let start = PQgetvalue(pointer, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column)))
        switch type {
        case .boolean: return .integer(bytes.first == 1 ? 1 : 0)
        case .int2, .int4, .int8:
            // Two's complement, most significant byte first, of 2, 4 or 8 bytes.
            let negative = (bytes.first ?? 0) & 0x80 != 0
            return .integer(bytes.reduce(negative ? -1 : 0) { $0 << 8 | Int64($1) })
        case .float8: return .real(Double(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }))
        case .text, .varchar, .name, .unknown: return .text(String(decoding: bytes, as: UTF8.self))
        case .bytea: return .blob(Array(bytes))
        case .numeric: return try PostgresNumeric(bytes).value
        case nil: throw StoreError(code: .decoding, detail: "a column of a type that is not used here")
        }
    }

    private func field(_ code: Character) -> String? {
        guard let ascii = code.asciiValue else { return nil }
        return PQresultErrorField(pointer, Int32(ascii)).map { String(cString: $0) }
    }
}

/// Which field of an error: the codes of `postgres_ext.h`, whose macros Swift does not see.
private let PG_DIAG_SQLSTATE: Character = "C"
private let PG_DIAG_CONSTRAINT_NAME: Character = "n"
private let PG_DIAG_TABLE_NAME: Character = "t"
private let PG_DIAG_COLUMN_NAME: Character = "c"

/// The types that columns and parameters have (`pg_type.dat`).
enum PostgresType: Oid {
    case boolean = 16
    case bytea = 17
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case float8 = 701
    case unknown = 705
    case varchar = 1_043
    /// What sums and means of integers have.
    case numeric = 1_700
}

extension StoreError {
    /// PostgreSQL 15, appendix A.
    init(sqlState: String, name: String?) {
        let code: Code =
            switch sqlState {
            // Serialization failure, deadlock, a lock that another holds for too long.
            case "40001", "40P01", "55P03": .serialization
            case "53100": .full
            // An I/O error of the server, a transaction that was idle for too long.
            case "58030", "25P03": .unavailable
            case "XX001", "XX002": .corrupt
            // A character that the database's encoding does not have.
            case "22021": .constraint
            default:
                switch sqlState.prefix(2) {
                case "23": .constraint
                case "08", "53", "57", "": .unavailable
                default: .statement
                }
            }
        self.init(
            code: code,
            detail: [sqlState, name].compactMap(\.self).joined(separator: " "),
            constraint: code == .constraint ? Self.constraint(sqlState) : nil
        )
    }

    private static func constraint(_ sqlState: String) -> Constraint? {
        switch sqlState {
        case "23505", "23P01": .unique
        case "23503", "23001": .foreignKey
        case "23502": .notNull
        case "23514": .check
        case "22021": .value
        default: nil
        }
    }
}
