// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// Which of the two small numbers of a date such as `5/6/1989` is the month.
package enum DateOrder: String, Sendable, Codable, Hashable {
    case monthFirst, dayFirst
}

/// Reads days and moments as files write them.
enum DateReading {
    /// How a cell's date is written.
    enum Shape: Hashable {
        case iso
        /// `1989/5/25` or `19890525`
        case yearFirst
        /// Two small numbers, then a year of four digits, with `/`, `.` or `-` between.
        case twoThenYear(first: Int, second: Int, separator: UInt8)
        case twoDigitYear
    }

    /// A day, with the moment when the text holds a time with a zone.
    struct Moment: Hashable {
        var day: CalendarDate
        var time: Timestamp?
    }

    /// The shape of a text that is a date; nil for anything else.
    static func shape(_ text: String) -> Shape? {
        guard let parts = parts(text) else { return nil }
        if parts.widths.0 == 4 {
            guard CalendarDate(year: parts.numbers.0, month: parts.numbers.1, day: parts.numbers.2) != nil else {
                return nil
            }
            return parts.separator == UInt8(ascii: "-") ? .iso : .yearFirst
        }
        guard (1...31).contains(parts.numbers.0), (1...31).contains(parts.numbers.1) else { return nil }
        if parts.widths.2 == 2 { return .twoDigitYear }
        guard parts.widths.2 == 4, (1_000...2_999).contains(parts.numbers.2) else { return nil }
        return .twoThenYear(first: parts.numbers.0, second: parts.numbers.1, separator: parts.separator)
    }

    /// Reads a day, or a day and time, in ISO 8601 or in the column's order.
    static func read(_ text: String, order: DateOrder) throws(CellProblem) -> Moment {
        guard let parts = parts(text) else { throw .notADate }
        let day: CalendarDate?
        if parts.widths.0 == 4 {
            day = CalendarDate(year: parts.numbers.0, month: parts.numbers.1, day: parts.numbers.2)
        } else if parts.widths.2 == 2 {
            throw .twoDigitYear
        } else if order == .monthFirst && parts.separator != UInt8(ascii: ".") {
            day = CalendarDate(year: parts.numbers.2, month: parts.numbers.0, day: parts.numbers.1)
        } else {
            day = CalendarDate(year: parts.numbers.2, month: parts.numbers.1, day: parts.numbers.0)
        }
        guard let day, day.year >= 1_000 else { throw .notADate }
        return Moment(day: day, time: parts.rest.isEmpty ? nil : time(parts.rest, on: day))
    }

    private struct Parts {
        var numbers: (Int, Int, Int)
        var widths: (Int, Int, Int)
        var separator: UInt8
        var rest: [UInt8]
    }

    /// Three numbers with the same separator, perhaps followed by a time.
    private static func parts(_ text: String) -> Parts? {
        let bytes = Array(text.utf8)
        guard (6...40).contains(bytes.count) else { return nil }
        if bytes.count == 8, bytes.allSatisfy({ isDigit($0) }) {
            let numbers = (number(bytes[0..<4]), number(bytes[4..<6]), number(bytes[6..<8]))
            guard (1_850...2_150).contains(numbers.0) else { return nil }
            return Parts(numbers: numbers, widths: (4, 2, 2), separator: 0, rest: [])
        }
        var position = 0
        var found: [ArraySlice<UInt8>] = []
        var separator: UInt8 = 0
        while found.count < 3 {
            let start = position
            while position < bytes.count, isDigit(bytes[position]) { position += 1 }
            guard (1...4).contains(position - start) else { return nil }
            found.append(bytes[start..<position])
            if found.count == 3 { break }
            guard position < bytes.count, "/.-".utf8.contains(bytes[position]) else { return nil }
            if separator != 0, bytes[position] != separator { return nil }
            separator = bytes[position]
            position += 1
            // `25. 5. 1989` is written with spaces.
            if separator == UInt8(ascii: "."), position < bytes.count, bytes[position] == 0x20 { position += 1 }
        }
        let rest = Array(bytes[position...])
        guard rest.isEmpty || rest[0] == UInt8(ascii: "T") || rest[0] == 0x20 else { return nil }
        guard found[0].count == 4 || (found[0].count <= 2 && found[1].count <= 2) else { return nil }
        return Parts(
            numbers: (number(found[0]), number(found[1]), number(found[2])),
            widths: (found[0].count, found[1].count, found[2].count),
            separator: separator,
            rest: rest
        )
    }

    /// `T12:58:08Z`, `T12:58:08.123-04:00`; nil without a zone or when it is no time.
    private static func time(_ rest: [UInt8], on day: CalendarDate) -> Timestamp? {
        let text = rest.dropFirst()
        let clock = text.prefix { isDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        let zone = text.dropFirst(clock.count)
        let whole = clock.prefix { $0 != UInt8(ascii: ".") }.split(separator: UInt8(ascii: ":"))
        guard (2...3).contains(whole.count), whole.allSatisfy({ $0.count == 2 }) else { return nil }
        let numbers = whole.map { number($0) }
        guard numbers[0] < 24, numbers[1] < 60, (numbers.count == 3 ? numbers[2] : 0) < 61 else { return nil }
        guard let offset = offset(zone) else { return nil }
        let within = numbers[0] * 3_600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
        return Timestamp(seconds: Int64(day.daysSince1970) * 86_400 + Int64(within - offset))
    }

    /// Seconds east of UTC.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        guard let first = zone.first else { return nil }
        if first == UInt8(ascii: "Z"), zone.count == 1 { return 0 }
        guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return nil }
        let digits = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 4, digits.allSatisfy({ isDigit($0) }) else { return nil }
        let seconds = number(digits[0..<2]) * 3_600 + number(digits[2..<4]) * 60
        return first == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func number(_ digits: some Sequence<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1 & 15) } }
}
