// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A birth date as a person typed it into three boxes. Spaces are ignored and a month may be given by its name, so that
/// nobody loses an attempt to a format; what is not a date at all costs no attempt.
package struct BirthDateAnswer: Hashable, Sendable {
    package let date: CalendarDate

    package init?(day: String, month: String, year: String) {
        guard let day = Self.number(day), let month = Self.number(month) ?? Self.month(named: month),
            let year = Self.number(year), year >= 1_000, let date = CalendarDate(year: year, month: month, day: day)
        else { return nil }
        self.date = date
    }

    private static func number(_ text: String) -> Int? {
        let digits = text.filter { !$0.isWhitespace }
        guard (1...4).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(digits)
    }

    /// The month of an English or Spanish name or its first three letters.
    private static func month(named text: String) -> Int? {
        let word = text.lowercased().filter(\.isLetter)
        guard word.count >= 3 else { return nil }
        let names = [
            ["january", "enero"], ["february", "febrero"], ["march", "marzo"], ["april", "abril"], ["may", "mayo"],
            ["june", "junio"], ["july", "julio"], ["august", "agosto"], ["september", "septiembre", "setiembre"],
            ["october", "octubre"], ["november", "noviembre"], ["december", "diciembre"],
        ]
        return names.firstIndex { $0.contains { $0.hasPrefix(word) } }.map { $0 + 1 }
    }
}

/// Comparison whose time does not depend on where two values differ.
enum ConstantTime {
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference = UInt(bitPattern: left.count ^ right.count)
        for index in 0..<min(left.count, right.count) { difference |= UInt(left[index] ^ right[index]) }
        return difference == 0
    }

    /// Days are compared as eight octets each.
    static func equal(_ left: CalendarDate, _ right: CalendarDate) -> Bool {
        func octets(_ date: CalendarDate) -> [UInt8] {
            let days = UInt64(bitPattern: Int64(date.daysSince1970))
            return (0..<8).map { UInt8(truncatingIfNeeded: days >> UInt64(8 * $0)) }
        }
        return equal(octets(left), octets(right))
    }
}
