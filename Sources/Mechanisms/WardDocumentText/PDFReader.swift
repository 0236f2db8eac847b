// SPDX-License-Identifier: Apache-2.0
//
// The objects of PDF (ISO 32000-1 section 7.3), read token by token. Nothing is looked up here.

/// A value of a PDF file.
enum PDFValue {
    case null
    case boolean(Bool)
    case number(Double)
    case name(String)
    case string([UInt8])
    case array([PDFValue])
    case dictionary([String: PDFValue])
    case reference(Int)
    /// An operator of a content stream, or a keyword such as `obj`.
    case keyword(String)

    var dictionary: [String: PDFValue]? { if case .dictionary(let value) = self { value } else { nil } }
    var array: [PDFValue]? { if case .array(let value) = self { value } else { nil } }
    var name: String? { if case .name(let value) = self { value } else { nil } }
    var string: [UInt8]? { if case .string(let value) = self { value } else { nil } }
    var reference: Int? { if case .reference(let value) = self { value } else { nil } }
    /// A whole number within the range of sizes.
    var integer: Int? {
        guard case .number(let value) = self, value.rounded() == value, abs(value) < 1e12 else { return nil }
        return Int(value)
    }
}

/// Reads values from octets.
struct PDFReader {
    private static let deepest = 40
    let bytes: [UInt8]
    var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next value; nil at the end. `N G R` is a reference where `takesReferences`.
    mutating func next(takesReferences: Bool = true, depth: Int = 0) throws(UnreadableDocument) -> PDFValue? {
        guard depth < Self.deepest else { throw UnreadableDocument() }
        skipSpace()
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "/"): return .name(name())
        case UInt8(ascii: "("): return .string(try literal())
        case UInt8(ascii: "<"):
            if follows(UInt8(ascii: "<")) {
                position += 2
                return .dictionary(try entries(depth: depth, takesReferences))
            }
            return .string(hexadecimal())
        case UInt8(ascii: "["):
            position += 1
            return .array(try elements(depth: depth, takesReferences))
        case UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ")"):
            position += 1
            return .keyword(String(UnicodeScalar(bytes[position - 1])))
        case UInt8(ascii: ">"):
            position += follows(UInt8(ascii: ">")) ? 2 : 1
            return .keyword(">>")
        default: return word(takesReferences)
        }
    }

    private func follows(_ byte: UInt8) -> Bool { position + 1 < bytes.count && bytes[position + 1] == byte }

    mutating func skipSpace() {
        while position < bytes.count {
            if Self.isSpace(bytes[position]) {
                position += 1
            } else if bytes[position] == UInt8(ascii: "%") {
                while position < bytes.count, bytes[position] != 0x0a, bytes[position] != 0x0d { position += 1 }
            } else {
                return
            }
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0 }

    private static func isRegular(_ byte: UInt8) -> Bool {
        !isSpace(byte) && !"()<>[]{}/%".utf8.contains(byte)
    }

    private mutating func name() -> String {
        position += 1
        var name: [UInt8] = []
        while position < bytes.count, Self.isRegular(bytes[position]) {
            if bytes[position] == UInt8(ascii: "#"), position + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[(position + 1)...(position + 2)], as: UTF8.self), radix: 16)
            {
                name.append(value)
                position += 3
            } else {
                name.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func word(_ takesReferences: Bool) -> PDFValue {
        let start = position
        while position < bytes.count, Self.isRegular(bytes[position]) { position += 1 }
        if position == start { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        default: break
        }
        guard let number = Double(text), number.isFinite else { return .keyword(text) }
        if takesReferences, number >= 0, number < 1e8, number.rounded() == number, let end = referenceEnd() {
            position = end
            return .reference(Int(number))
        }
        return .number(number)
    }

    /// The position behind ` G R`, where that follows.
    private func referenceEnd() -> Int? {
        var look = position
        func spaces() -> Bool {
            let start = look
            while look < bytes.count, Self.isSpace(bytes[look]) { look += 1 }
            return look > start
        }
        guard spaces() else { return nil }
        let digits = look
        while look < bytes.count, (0x30...0x39).contains(bytes[look]) { look += 1 }
        guard look > digits, look - digits <= 5, spaces(), look < bytes.count, bytes[look] == UInt8(ascii: "R") else {
            return nil
        }
        look += 1
        return look == bytes.count || !Self.isRegular(bytes[look]) ? look : nil
    }

    private mutating func elements(depth: Int, _ takesReferences: Bool) throws(UnreadableDocument) -> [PDFValue] {
        var values: [PDFValue] = []
        while let value = try next(takesReferences: takesReferences, depth: depth + 1) {
            if case .keyword("]") = value { return values }
            values.append(value)
        }
        throw UnreadableDocument()
    }

    private mutating func entries(
        depth: Int,
        _ takesReferences: Bool
    ) throws(UnreadableDocument) -> [String: PDFValue] {
        var found: [String: PDFValue] = [:]
        while let key = try next(takesReferences: takesReferences, depth: depth + 1) {
            if case .keyword(">>") = key { return found }
            guard let name = key.name, let value = try next(takesReferences: takesReferences, depth: depth + 1) else {
                throw UnreadableDocument()
            }
            if case .keyword(">>") = value { return found }
            found[name] = value
        }
        throw UnreadableDocument()
    }

    private mutating func literal() throws(UnreadableDocument) -> [UInt8] {
        position += 1
        var open = 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "("):
                open += 1
                text.append(byte)
            case UInt8(ascii: ")"):
                open -= 1
                if open == 0 { return text }
                text.append(byte)
            case UInt8(ascii: "\\"): escape(into: &text)
            default: text.append(byte)
            }
        }
        throw UnreadableDocument()
    }

    private mutating func escape(into text: inout [UInt8]) {
        guard position < bytes.count else { return }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"), UInt8(ascii: "f"): text.append(0x20)
        case 0x0d: if position < bytes.count, bytes[position] == 0x0a { position += 1 }
        case 0x0a: break
        case 0x30...0x37:
            var value = Int(byte - 0x30)
            var digits = 1
            while digits < 3, position < bytes.count, (0x30...0x37).contains(bytes[position]) {
                value = value * 8 + Int(bytes[position] - 0x30)
                position += 1
                digits += 1
            }
            text.append(UInt8(truncatingIfNeeded: value))
        default: text.append(byte)
        }
    }

    private mutating func hexadecimal() -> [UInt8] {
        position += 1
        var digits: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
            if let digit = Self.digit(bytes[position]) { digits.append(digit) }
            position += 1
        }
        position += 1
        if digits.count % 2 == 1 { digits.append(0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
