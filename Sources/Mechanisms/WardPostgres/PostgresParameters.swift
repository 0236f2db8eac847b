// SPDX-License-Identifier: Apache-2.0

import CLibPQ
import WardStorage

/// Parameters in binary format.
struct PostgresParameters {
    private let values: [[UInt8]?]
    private let types: [Oid]

    init(_ values: [SQLValue]) {
        self.values = values.map(Self.bytes)
        types = values.map(Self.type)
    }

    var count: Int32 { Int32(clamping: values.count) }

    /// Statements are prepared per combination of types.
    var signature: String { types.map { "\($0)," }.joined() }

    func withTypes<Result>(_ body: (UnsafePointer<Oid>?) throws -> Result) rethrows -> Result {
        try types.withUnsafeBufferPointer { try body($0.baseAddress) }
    }

    typealias Pointers = UnsafePointer<UnsafePointer<CChar>?>?

    func withPointers<Result>(
        _ body: (UnsafePointer<Oid>?, Pointers, UnsafePointer<Int32>?, UnsafePointer<Int32>?) throws -> Result
    ) rethrows -> Result {
        // One buffer behind all pointers; an empty value still needs an address that is not null.
        var offsets: [Int?] = []
        var storage: [UInt8] = []
        for value in values {
            offsets.append(value == nil ? nil : storage.count)
            storage.append(contentsOf: value ?? [])
            storage.append(0)
        }
        let lengths = values.map { Int32(clamping: $0?.count ?? 0) }
        let formats = values.map { _ in Int32(1) }
        return try storage.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
            return try pointers.withUnsafeBufferPointer { pointers in
                try types.withUnsafeBufferPointer { types in
                    try lengths.withUnsafeBufferPointer { lengths in
                        try formats.withUnsafeBufferPointer { formats in
                            try body(types.baseAddress, pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }

    private static func type(_ value: SQLValue) -> Oid {
        switch value {
        case .null: 0
        case .integer: PostgresType.int8.rawValue
        case .real: PostgresType.float8.rawValue
        case .text: PostgresType.text.rawValue
        case .blob: PostgresType.bytea.rawValue
        }
    }

    private static func bytes(_ value: SQLValue) -> [UInt8]? {
        switch value {
        case .null: nil
        case .integer(let number): bigEndian(UInt64(bitPattern: number))
        case .real(let number): bigEndian(number.bitPattern)
        case .text(let text): Array(text.utf8)
        case .blob(let bytes): bytes
        }
    }

    private static func bigEndian(_ word: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
}
