// SPDX-License-Identifier: Apache-2.0

import WardStorage

/// PostgreSQL's `numeric` in binary: the number of digits, the weight of the first, the sign and the decimals shown, each
/// in two bytes, then the digits in base 10,000 (`numeric_send` in `numeric.c`). Sums and means of integers have it.
struct PostgresNumeric {
    private let words: [Int]

    init(_ bytes: UnsafeRawBufferPointer) {
        words = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    }

    /// An integer when the number has no decimals and fits 64 bits, else the nearest real.
    var value: SQLValue {
        get throws {
            guard words.count >= 4, words.count == 4 + words[0], words[2] == 0 || words[2] == 0x4000 else {
                throw StoreError(code: .decoding, detail: "a number that is not finite")
            }
            let digits = words[4...]
            let weight = words[1] > 0x7fff ? words[1] - 0x1_0000 : words[1]
            let isNegative = words[2] == 0x4000
            if words[3] == 0, let whole = Self.whole(Array(digits), weight, isNegative) { return .integer(whole) }
            var real = 0.0
            for digit in digits { real = real * 10_000 + Double(digit) }
            for _ in 0..<max(0, weight - digits.count + 1) { real *= 10_000 }
            for _ in 0..<max(0, digits.count - 1 - weight) { real /= 10_000 }
            return .real(isNegative ? -real : real)
        }
    }

    private static func whole(_ digits: [Int], _ weight: Int, _ isNegative: Bool) -> Int64? {
        var whole: Int64 = 0
        for position in 0..<max(0, weight + 1) {
            let digit = Int64(position < digits.count ? digits[position] : 0)
            let (shifted, overflow) = whole.multipliedReportingOverflow(by: 10_000)
            let (sum, tooLarge) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
            if overflow || tooLarge { return nil }
            whole = sum
        }
        return whole
    }
}
