// SPDX-License-Identifier: Apache-2.0

/// Reads numbers as files write them.
enum NumberReading {
    enum Shape: Hashable {
        case integer
        case decimalPoint
        case decimalComma
        /// Groups of three set apart, such as `1.234.567`: an integer with points, or a decimal that lost its own.
        case pointGroups(digits: Int)
        /// `1,234,567` or `1,234.56`
        case commaGroups
    }

    static func shape(_ text: String) -> Shape? {
        var digits = 0
        var points = 0
        var commas = 0
        var lastSeparator: (byte: UInt8, position: Int)?
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= 40 else { return nil }
        for (position, byte) in bytes.enumerated() {
            switch byte {
            case 0x30...0x39: digits += 1
            case UInt8(ascii: "."):
                points += 1
                lastSeparator = (byte, position)
            case UInt8(ascii: ","):
                commas += 1
                lastSeparator = (byte, position)
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                guard position == 0 else { return nil }
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        if points == 0, commas == 0 { return .integer }
        if points > 1, commas == 0 { return grouped(bytes, by: UInt8(ascii: ".")) ? .pointGroups(digits: digits) : nil }
        if commas > 1, points <= 1 {
            return lastSeparator?.byte == UInt8(ascii: ".") || points == 0 ? .commaGroups : nil
        }
        if points == 1, commas == 0 { return .decimalPoint }
        if commas == 1, points == 0 { return .decimalComma }
        return lastSeparator?.byte == UInt8(ascii: ",") ? .decimalComma : .commaGroups
    }

    /// The number; `mangledNumber` where points stand at every third digit of a number too long to be an integer, or in
    /// a column that otherwise writes decimal points.
    static func read(_ text: String, decimalComma: Bool) throws(CellProblem) -> Double {
        guard let shape = shape(text) else { throw .notANumber }
        let plain: String
        switch shape {
        case .integer: plain = text
        case .decimalPoint: plain = decimalComma ? text.filter { $0 != "." } : text
        case .decimalComma:
            plain = decimalComma ? pointed(text) : text.filter { $0 != "," }
        case .pointGroups(let digits):
            guard decimalComma, digits <= 15 else { throw .mangledNumber }
            plain = text.filter { $0 != "." }
        case .commaGroups: plain = text.filter { $0 != "," }
        }
        guard let number = Double(plain), number.isFinite else { throw .notANumber }
        return number
    }

    private static func pointed(_ text: String) -> String {
        String(text.filter { $0 != "." }.map { $0 == "," ? "." : $0 })
    }

    private static func grouped(_ bytes: [UInt8], by separator: UInt8) -> Bool {
        let groups = bytes.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
            .split(separator: separator, omittingEmptySubsequences: false)
        guard let first = groups.first, (1...3).contains(first.count) else { return false }
        return groups.dropFirst().allSatisfy { $0.count == 3 }
    }
}
