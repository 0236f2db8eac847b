// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB
import WardStorage

extension StoreError {
    init(_ error: DatabaseError) {
        self.init(sqlite: error.extendedResultCode.rawValue, message: error.message ?? "")
    }

    /// The failure of the connection's last call.
    init(connection: OpaquePointer) {
        let message = sqlite3_errmsg(connection).map { String(cString: $0) } ?? ""
        self.init(sqlite: sqlite3_extended_errcode(connection), message: message)
    }

    /// Result codes: https://www.sqlite.org/rescode.html. Of a message only the names after `constraint failed:` are
    /// kept: they are words of the schema.
    init(sqlite extended: Int32, message: String) {
        let code: Code =
            switch extended & 0xff {
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_FULL: .full
            case SQLITE_BUSY, SQLITE_LOCKED: .serialization
            case SQLITE_NOTADB, SQLITE_CORRUPT: .corrupt
            case SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_READONLY, SQLITE_PERM:
                .unavailable
            case SQLITE_MISUSE: .closed
            default: .statement
            }
        let constraint = code == .constraint ? Self.constraint(extended) : nil
        let names = code == .constraint ? Self.names(in: message) : nil
        self.init(
            code: code,
            detail: ["sqlite \(extended)", names].compactMap(\.self).joined(separator: " "),
            constraint: constraint
        )
    }

    private static func constraint(_ extended: Int32) -> Constraint? {
        switch extended >> 8 {
        case 8, 6, 10: .unique
        case 3: .foreignKey
        case 5: .notNull
        case 1: .check
        case 12: .value
        default: nil
        }
    }

    private static func names(in message: String) -> String? {
        message.firstRange(of: " constraint failed: ").map { String(message[$0.upperBound...]) }
    }

    /// Whether an fsync failed: the pages may or may not be on the disk, and asking again would lie.
    var isLostSync: Bool {
        detail == "sqlite \(SQLITE_IOERR | 4 << 8)" || detail == "sqlite \(SQLITE_IOERR | 5 << 8)"
    }
}
