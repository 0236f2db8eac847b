// SPDX-License-Identifier: Apache-2.0
//
// A strict JSON reader (RFC 8259, RFC 7493 I-JSON) for hostile input: at most 64 levels deep, no duplicate names in one
// object, no lone surrogates, no NaN or Infinity, no leading zeros, UTF-8 only, nothing after the value. The caller
// bounds the length.

/// One JSON value. Numbers keep their text: FHIR decimals carry meaning in their digits.
enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    subscript(name: String) -> JSONValue? { if case .object(let members) = self { members[name] } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var array: [JSONValue] { if case .array(let values) = self { values } else { [] } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
}

/// What is wrong with a JSON text, and at which byte (1 is the first). No value is repeated.
struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
    var what: String
    var position: Int
    var description: String { "this is not JSON as RFC 8259 has it: \(what) at byte \(position)." }
}

/// Reads one JSON text.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private static let deepest = 64

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(JSONProblem) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONProblem(what: "text that is not valid UTF-8", position: 1)
        }
        var reader = JSONReader(bytes)
        reader.skipBlanks()
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.position == bytes.count else { throw reader.problem("more after the end of the value") }
        return value
    }

    private func problem(_ what: String) -> JSONProblem { JSONProblem(what: what, position: position + 1) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
        guard depth < Self.deepest else { throw problem("more than \(Self.deepest) levels") }
        guard let byte = next else { throw problem("the text is cut off") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw problem("an unknown word") }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONProblem) -> JSONValue {
        var members: [String: JSONValue] = [:]
        position += 1
        skipBlanks()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else {
                throw problem(next == nil ? "the text is cut off" : "a name without quotation marks")
            }
            let start = position
            let name = try string()
            skipBlanks()
            guard next == UInt8(ascii: ":") else {
                throw problem(next == nil ? "the text is cut off" : "a name without a colon")
            }
            position += 1
            skipBlanks()
            let member = try value(depth: depth + 1)
            guard members.updateValue(member, forKey: name) == nil else {
                position = start
                throw problem("the same name twice in one object")
            }
            skipBlanks()
            if next == UInt8(ascii: ",") {
                position += 1
            } else if next == UInt8(ascii: "}") {
                position += 1
                return .object(members)
            } else {
                throw problem(next == nil ? "the text is cut off" : "an object without its end")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONProblem) -> JSONValue {
        var values: [JSONValue] = []
        position += 1
        skipBlanks()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(values)
        }
        while true {
            skipBlanks()
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if next == UInt8(ascii: ",") {
                position += 1
            } else if next == UInt8(ascii: "]") {
                position += 1
                return .array(values)
            } else {
                throw problem(next == nil ? "the text is cut off" : "an array without its end")
            }
        }
    }

    private mutating func string() throws(JSONProblem) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
        }
        var scalars = String.UnicodeScalarView()
        var plain = start
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                scalars.append(contentsOf: String(decoding: bytes[plain..<position], as: UTF8.self).unicodeScalars)
                position += 1
                return String(scalars)
            }
            if byte == UInt8(ascii: "\\") {
                scalars.append(contentsOf: String(decoding: bytes[plain..<position], as: UTF8.self).unicodeScalars)
                scalars.append(try escaped())
                plain = position
                continue
            }
            guard byte >= 0x20 else { throw problem("a control character inside a string") }
            position += 1
        }
        throw problem("the text is cut off")
    }

    private mutating func escaped() throws(JSONProblem) -> Unicode.Scalar {
        position += 1
        guard let byte = next else { throw problem("the text is cut off") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw problem("an unknown escape")
        }
    }

    private mutating func unicode() throws(JSONProblem) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, next == UInt8(ascii: "\\") else { throw problem("half a surrogate pair") }
        position += 1
        guard next == UInt8(ascii: "u") else { throw problem("half a surrogate pair") }
        position += 1
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw problem("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONProblem) -> UInt32 {
        guard position + 4 <= bytes.count,
            let text = String(validating: bytes[position..<(position + 4)], as: UTF8.self),
            text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16)
        else { throw problem("an escape that is not four hexadecimal digits") }
        position += 4
        return value
    }

    private mutating func number() throws(JSONProblem) -> String {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        if next == UInt8(ascii: "-") { position += 1 }
        guard isDigit(next) else { throw problem("a value that is none") }
        if next == UInt8(ascii: "0") {
            position += 1
            if isDigit(next) { throw problem("a number with a leading zero") }
        }
        while isDigit(next) { position += 1 }
        if next == UInt8(ascii: ".") {
            position += 1
            guard isDigit(next) else { throw problem("a number without digits after its point") }
            while isDigit(next) { position += 1 }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard isDigit(next) else { throw problem("a number without an exponent") }
            while isDigit(next) { position += 1 }
        }
        guard position - start <= 64 else { throw problem("a number of more than 64 characters") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
