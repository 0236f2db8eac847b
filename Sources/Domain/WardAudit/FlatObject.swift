// SPDX-License-Identifier: Apache-2.0

import WardCrypto

/// A JSON object (RFC 8259) without nesting: written in the order given, read strictly. Reads only what `ExportEntry`
/// writes; whoever wants to read an export otherwise takes any JSON parser.
struct FlatObject {
    enum Value: Hashable {
        case text(String)
        case integer(Int64)
        case boolean(Bool)

        var text: String? { if case .text(let text) = self { text } else { nil } }
        var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }
    }

    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1_024) }

    /// The whole object; empty when nothing was added.
    var closed: [UInt8] { bytes + [UInt8(ascii: "}")] }

    mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        add(name: name)
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: Digest.hexadecimal([byte]).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func add(_ name: StaticString, _ octets: [UInt8]?) { add(name, octets.map(Digest.hexadecimal)) }

    mutating func add(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        add(name: name)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func add(_ name: StaticString, _ value: Bool) {
        add(name: name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    private mutating func add(name: StaticString) {
        bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// The members of an object; nil when it is not of the form that is written here.
    static func read(_ line: ArraySlice<UInt8>) -> [String: Value]? {
        var reader = Reader(rest: line)
        guard reader.take("{") else { return nil }
        var members: [String: Value] = [:]
        members.reserveCapacity(40)
        repeat {
            guard let name = reader.string(), reader.take(":"), let value = reader.value(), members[name] == nil else {
                return nil
            }
            members[name] = value
        } while reader.take(",")
        return reader.take("}") && reader.rest.isEmpty ? members : nil
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func value() -> Value? {
            if rest.first == UInt8(ascii: "\"") { return string().map(Value.text) }
            let end = rest.firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? rest.endIndex
            let word = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            rest = rest[end...]
            if word == "true" || word == "false" { return .boolean(word == "true") }
            return Int64(word).map(Value.integer)
        }

        mutating func string() -> String? {
            guard take("\"") else { return nil }
            var text: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = escape() else { return nil }
                    text.append(escaped)
                default: text.append(byte)
                }
            }
            return nil
        }

        private mutating func escape() -> UInt8? {
            guard let byte = rest.popFirst() else { return nil }
            if byte != UInt8(ascii: "u") { return byte }
            let digits = String(decoding: rest.prefix(4), as: UTF8.self)
            rest = rest.dropFirst(4)
            return digits.utf8.count == 4 ? UInt8(digits, radix: 16) : nil
        }
    }
}
