// SPDX-License-Identifier: Apache-2.0

/// The text of an HTML part, for reading where no HTML is shown: tags go, blocks and breaks become line ends, scripts and
/// styles are left out. One pass, and never longer than what it is given.
package enum HTMLText {
    private static let blocks: Set<String> = [
        "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr",
    ]

    package static func plain(_ html: String) -> String {
        let bytes = Array(html.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "<"): index = tag(bytes, index, &result)
            case UInt8(ascii: "&"): index = entity(bytes, index, &result)
            case 0x09, 0x0a, 0x0d, 0x20:
                if let last = result.last, last != 0x20, last != 0x0a { result.append(0x20) }
                index += 1
            default:
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Skips a tag, a comment, or an element whose content is no text; the position after it.
    private static func tag(_ bytes: [UInt8], _ start: Int, _ result: inout [UInt8]) -> Int {
        if bytes[start...].starts(with: "<!--".utf8) { return after("-->", bytes, start + 4) }
        var index = start + 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "/") { index += 1 }
        var name: [UInt8] = []
        while index < bytes.count, name.count < 12, isLetterOrDigit(bytes[index]) {
            name.append(bytes[index])
            index += 1
        }
        guard !name.isEmpty || index < bytes.count && bytes[index] == UInt8(ascii: "!") else {
            result.append(bytes[start])
            return start + 1
        }
        let word = String(decoding: name, as: UTF8.self).lowercased()
        let end = after(">", bytes, index)
        if bytes[start + 1] != UInt8(ascii: "/"), word == "script" || word == "style" || word == "head" {
            return after(">", bytes, after("</\(word)", bytes, end))
        }
        if blocks.contains(word), result.last != 0x0a, !result.isEmpty { result.append(0x0a) }
        return end
    }

    private static func entity(_ bytes: [UInt8], _ start: Int, _ result: inout [UInt8]) -> Int {
        let rest = bytes[(start + 1)...].prefix(10)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
            result.append(bytes[start])
            return start + 1
        }
        let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " "]
        if let text = known[name] ?? number(name) { result += Array(text.utf8) }
        return end + 1
    }

    private static func number(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let value = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let value, let scalar = Unicode.Scalar(value), value >= 0x20 else { return nil }
        return String(scalar)
    }

    /// The position after the next occurrence, without regard to case; the end when there is none.
    private static func after(_ text: String, _ bytes: [UInt8], _ start: Int) -> Int {
        let wanted = Array(text.utf8)
        var index = min(start, bytes.count)
        while index + wanted.count <= bytes.count {
            if zip(wanted, bytes[index...]).allSatisfy({ $0 == $1 || $0 == $1 | 0x20 }) { return index + wanted.count }
            index += 1
        }
        return bytes.count
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
