// SPDX-License-Identifier: Apache-2.0
//
// The stored form of a profile and of a batch of dated records, before sealing.
//
// Version byte 1. Integers are unsigned LEB128; text is its length in octets, then UTF-8; a day is zigzag LEB128 of days
// since 1970; a moment is zigzag LEB128 of microseconds; a number is 8 octets, IEEE 754, big endian. A value is a tag
// (1 text, 2 number, 3 date, 4 boolean, 5 code) and its payload.
//
// profile: version, flags (bit 0: deceased), count of attributes, then name and value each (sorted by name), count of
// further record numbers, then source and number each.
// batch:   version, count, then each record: code, display, day, presence bits (1 moment, 2 end, 4 status, 8 value,
// 16 unit), and those present in this order.

import WardKernel

/// What is sealed about one person in one record.
struct Profile: Hashable, Sendable {
    /// A record number in one feed.
    struct Number: Hashable, Sendable {
        var source: String
        var number: String
    }

    var attributes: [AttributeName: AttributeValue] = [:]
    var isDeceased = false
    /// Record numbers of further sources; the first is among the attributes.
    var furtherNumbers: [Number] = []

    func text(_ name: AttributeName) -> String? {
        switch attributes[name] {
        case .text(let text), .code(let text): text
        default: nil
        }
    }

    var birthDate: CalendarDate? { if case .date(let day) = attributes[.birthDate] { day } else { nil } }

    var numbers: [Number] {
        guard let number = text(.recordNumber) else { return furtherNumbers }
        return [Number(source: text(.source) ?? "", number: number)] + furtherNumbers
    }

    var encoded: [UInt8] {
        var bytes = RecordBytes()
        bytes.byte(1)
        bytes.byte(isDeceased ? 1 : 0)
        bytes.count(attributes.count)
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            bytes.text(name.rawValue)
            bytes.value(value)
        }
        bytes.count(furtherNumbers.count)
        for number in furtherNumbers {
            bytes.text(number.source)
            bytes.text(number.number)
        }
        return bytes.bytes
    }

    init() {}

    init(decoding bytes: [UInt8]) throws(RecordDamage) {
        var reader = RecordBytesReader(bytes)
        guard try reader.byte() == 1 else { throw RecordDamage() }
        isDeceased = try reader.byte() & 1 == 1
        for _ in 0..<(try reader.count()) {
            let name = AttributeName(known: try reader.text())
            attributes[name] = try reader.value()
        }
        for _ in 0..<(try reader.count()) {
            furtherNumbers.append(Number(source: try reader.text(), number: try reader.text()))
        }
        guard reader.isAtEnd else { throw RecordDamage() }
    }
}

/// Dated records of one person and kind.
enum RecordBatch {
    static func encoded(_ records: [DatedRecord]) -> [UInt8] {
        var bytes = RecordBytes()
        bytes.byte(1)
        bytes.count(records.count)
        for record in records {
            bytes.text(record.code)
            bytes.text(record.display)
            bytes.signed(Int64(record.start.daysSince1970))
            let present =
                (record.startTime == nil ? 0 : 1) | (record.end == nil ? 0 : 2)
                | (record.status == nil ? 0 : 4) | (record.value == nil ? 0 : 8) | (record.unit == nil ? 0 : 16)
            bytes.byte(UInt8(present))
            if let time = record.startTime { bytes.signed(time.microseconds) }
            if let end = record.end { bytes.signed(Int64(end.daysSince1970)) }
            if let status = record.status { bytes.text(status) }
            if let value = record.value { bytes.value(value) }
            if let unit = record.unit { bytes.text(unit) }
        }
        return bytes.bytes
    }

    static func decoded(_ bytes: [UInt8], kind: DatedRecordKind) throws(RecordDamage) -> [DatedRecord] {
        var reader = RecordBytesReader(bytes)
        guard try reader.byte() == 1 else { throw RecordDamage() }
        var records: [DatedRecord] = []
        for _ in 0..<(try reader.count()) {
            let (code, display) = (try reader.text(), try reader.text())
            var record = DatedRecord(kind: kind, code: code, display: display, start: try reader.day())
            let present = try reader.byte()
            if present & 1 != 0 { record.startTime = Timestamp(microseconds: try reader.signed()) }
            if present & 2 != 0 { record.end = try reader.day() }
            if present & 4 != 0 { record.status = try reader.text() }
            if present & 8 != 0 { record.value = try reader.value() }
            if present & 16 != 0 { record.unit = try reader.text() }
            records.append(record)
        }
        guard reader.isAtEnd else { throw RecordDamage() }
        return records
    }
}

/// A record opened but is not in the form that this version writes.
struct RecordDamage: Error, Hashable, Sendable, CustomStringConvertible {
    var description: String { "contacts.record_damaged: a sealed record of a contact has an unknown form." }
}

struct RecordBytes {
    var bytes: [UInt8] = []

    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func count(_ count: Int) { unsigned(UInt64(count)) }
    mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func value(_ value: AttributeValue) {
        switch value {
        case .text(let text):
            byte(1)
            self.text(text)
        case .number(let number):
            byte(2)
            withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
        case .date(let day):
            byte(3)
            signed(Int64(day.daysSince1970))
        case .boolean(let flag):
            byte(4)
            byte(flag ? 1 : 0)
        case .code(let code):
            byte(5)
            text(code)
        }
    }
}

struct RecordBytesReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(RecordDamage) -> UInt8 {
        guard position < bytes.count else { throw RecordDamage() }
        position += 1
        return bytes[position - 1]
    }

    mutating func unsigned() throws(RecordDamage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
        }
        throw RecordDamage()
    }

    mutating func count() throws(RecordDamage) -> Int {
        let count = try unsigned()
        guard count <= UInt64(bytes.count) else { throw RecordDamage() }
        return Int(count)
    }

    mutating func signed() throws(RecordDamage) -> Int64 {
        let raw = try unsigned()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    mutating func day() throws(RecordDamage) -> CalendarDate {
        CalendarDate(daysSince1970: Int(clamping: try signed()))
    }

    mutating func text() throws(RecordDamage) -> String {
        let length = try count()
        guard position + length <= bytes.count else { throw RecordDamage() }
        position += length
        return String(decoding: bytes[(position - length)..<position], as: UTF8.self)
    }

    mutating func value() throws(RecordDamage) -> AttributeValue {
        switch try byte() {
        case 1: return .text(try text())
        case 2:
            var pattern: UInt64 = 0
            for _ in 0..<8 { pattern = (pattern << 8) | UInt64(try byte()) }
            return .number(Double(bitPattern: pattern))
        case 3: return .date(try day())
        case 4: return .boolean(try byte() == 1)
        case 5: return .code(try text())
        default: throw RecordDamage()
        }
    }
}
