// SPDX-License-Identifier: Apache-2.0

package import WardKernel

extension Int64: SQLConvertible {
    package var sqlValue: SQLValue { .integer(self) }
    package init(sqlValue: SQLValue) throws {
        guard case .integer(let value) = sqlValue else { throw StoreError.decoding("integer") }
        self = value
    }
}

extension Int: SQLConvertible {
    package var sqlValue: SQLValue { .integer(Int64(self)) }
    package init(sqlValue: SQLValue) throws { self = Int(try Int64(sqlValue: sqlValue)) }
}

extension Bool: SQLConvertible {
    /// Stored as the integers 0 and 1.
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    package init(sqlValue: SQLValue) throws { self = try Int64(sqlValue: sqlValue) != 0 }
}

extension Double: SQLConvertible {
    package var sqlValue: SQLValue { .real(self) }
    package init(sqlValue: SQLValue) throws {
        switch sqlValue {
        case .real(let value): self = value
        case .integer(let value): self = Double(value)
        default: throw StoreError.decoding("real")
        }
    }
}

extension String: SQLConvertible {
    package var sqlValue: SQLValue { .text(self) }
    package init(sqlValue: SQLValue) throws {
        guard case .text(let value) = sqlValue else { throw StoreError.decoding("text") }
        self = value
    }
}

extension [UInt8]: SQLConvertible {
    package var sqlValue: SQLValue { .blob(self) }
    package init(sqlValue: SQLValue) throws {
        guard case .blob(let value) = sqlValue else { throw StoreError.decoding("blob") }
        self = value
    }
}

extension Identifier: SQLConvertible {
    package var sqlValue: SQLValue { .blob(bytes) }
    package init(sqlValue: SQLValue) throws {
        guard case .blob(let bytes) = sqlValue, let identifier = Self(bytes: bytes) else {
            throw StoreError.decoding("identifier")
        }
        self = identifier
    }
}

extension Timestamp: SQLConvertible {
    package var sqlValue: SQLValue { .integer(microseconds) }
    package init(sqlValue: SQLValue) throws { self.init(microseconds: try Int64(sqlValue: sqlValue)) }
}

extension SQLConvertible where Self: RawRepresentable, RawValue == String {
    package var sqlValue: SQLValue { .text(rawValue) }
    package init(sqlValue: SQLValue) throws {
        guard let value = Self(rawValue: try String(sqlValue: sqlValue)) else {
            throw StoreError.decoding("enumeration")
        }
        self = value
    }
}
