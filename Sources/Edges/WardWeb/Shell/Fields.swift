// SPDX-License-Identifier: Apache-2.0
//
// application/x-www-form-urlencoded (WHATWG URL Standard section 5.1): names and values, decoded once.

import WardKernel

/// A request that no page of ours makes: a field twice, a broken escape, a body too long.
struct BadRequest: Error, Hashable, CustomStringConvertible {
    enum Reason: String, Sendable {
        case repeatedField, missingField, malformed, tooLarge, wrongContentType
    }

    let reason: Reason
    var description: String { "bad request: \(reason.rawValue)" }
}

/// The fields of a form or a query, as they came.
struct Fields: Sendable {
    private var values: [String: [String]] = [:]
    private(set) var names: [String] = []

    init() {}

    /// - Throws: `BadRequest` for a broken escape, text that is not UTF-8, or more than 2,000 fields.
    init(decoding text: some StringProtocol) throws(BadRequest) {
        let pairs = text.split(separator: "&")
        guard pairs.count <= 2_000 else { throw BadRequest(reason: .tooLarge) }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            add(try Self.decoded(parts[0]), parts.count == 2 ? try Self.decoded(parts[1]) : "")
        }
    }

    mutating func add(_ name: String, _ value: String) {
        if values[name] == nil { names.append(name) }
        values[name, default: []].append(value)
    }

    /// The value of a field that stands at most once, without spaces at its ends; nil when it is absent.
    /// - Throws: `BadRequest` when it stands twice (parameter pollution).
    func optional(_ name: String) throws(BadRequest) -> String? {
        guard let found = values[name] else { return nil }
        guard found.count == 1 else { throw BadRequest(reason: .repeatedField) }
        return found.first.map { Self.trimmed($0) }
    }

    /// Like `optional`, empty when absent.
    func text(_ name: String) throws(BadRequest) -> String { try optional(name) ?? "" }

    /// The value exactly as typed, spaces included: for passwords.
    func secret(_ name: String) throws(BadRequest) -> Sensitive<String> {
        guard let found = values[name] else { return Sensitive("") }
        guard found.count == 1 else { throw BadRequest(reason: .repeatedField) }
        return Sensitive(found[0])
    }

    /// All values of a field that may stand more than once, such as check boxes.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func has(_ name: String) -> Bool { values[name] != nil }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func decoded(_ text: some StringProtocol) throws(BadRequest) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimal), let low = iterator.next().flatMap(hexadecimal)
                else { throw BadRequest(reason: .malformed) }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let result = String(validating: bytes, as: UTF8.self), !result.unicodeScalars.contains("\0") else {
            throw BadRequest(reason: .malformed)
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
