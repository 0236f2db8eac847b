// SPDX-License-Identifier: Apache-2.0

/// A path on this site that a redirect may name: begins with one slash, no scheme, no host, no backslash, no control
/// character, no dot segment. An open redirect does not compile (CWE-601).
package struct LocalPath: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil for anything that a browser could read as another site.
    package init?(_ text: String) {
        guard text.hasPrefix("/"), !text.hasPrefix("//"), text.utf8.count <= 2_048 else { return nil }
        let forbidden = text.utf8.contains { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\\") || $0 >= 0x80 }
        guard !forbidden else { return nil }
        let path = text.prefix { $0 != "?" && $0 != "#" }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else { return nil }
        self.text = text
    }

    /// A path of segments, each percent-encoded, with query items in order.
    package init(segments: [String], query: [(String, String)] = []) {
        let path = "/" + segments.map(Self.encoded).joined(separator: "/")
        let items = query.map { Self.encoded($0.0) + "=" + Self.encoded($0.1) }.joined(separator: "&")
        text = items.isEmpty ? path : path + "?" + items
    }

    package var description: String { text }

    /// RFC 3986 section 2.1: everything but the unreserved characters becomes `%XX`.
    package static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// The name under which a browser saves a download: letters, digits, dot, dash and underscore, at most 80, so that it
/// can carry neither a path nor a header (RFC 6266).
package struct DownloadName: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    /// Somebody's own name for a file, percent-encoded (RFC 8187); nil: `text` is the name.
    private let encoded: String?

    /// A name that somebody else gave: kept whole in the encoded form, made harmless in the plain one.
    package init(file name: String) {
        let kept = name.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".": Character(scalar)
            default: "-"
            }
        }
        let stem = String(kept).drop { $0 == "." || $0 == "-" }.prefix(80)
        text = stem.isEmpty ? "file" : String(stem)
        encoded = Self.percentEncoded(name.filter { $0 != "/" && $0 != "\\" })
    }

    private static func percentEncoded(_ name: String) -> String {
        name.utf8.prefix(400).map { byte -> String in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }

    /// Whatever is not allowed becomes a dash.
    package init(_ name: String, extension suffix: StaticString) {
        let kept = name.lowercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "0"..."9", "_": Character(scalar)
            default: "-"
            }
        }
        let stem = String(kept).split(separator: "-").joined(separator: "-").prefix(80)
        text = (stem.isEmpty ? "download" : String(stem)) + ".\(suffix)"
        encoded = nil
    }

    package var description: String { text }

    /// The value of `Content-Disposition`.
    package var disposition: String {
        "attachment; filename=\"\(text)\"" + (encoded.map { "; filename*=UTF-8''\($0)" } ?? "")
    }
}

/// One cell of a CSV file (RFC 4180) that no spreadsheet takes for a formula: a leading `= + - @`, tab or carriage
/// return gets an apostrophe in front (CWE-1236). A plain number keeps its sign.
package struct CSVCell: Hashable, Sendable {
    package let text: String

    package init(_ value: String) {
        let starters: Set<Character> = ["=", "+", "-", "@", "\t", "\r"]
        let risky = value.first.map(starters.contains) ?? false
        let neutral = risky && Double(value) == nil ? "'" + value : value
        let quoted = neutral.contains { "\",\n\r;".contains($0) } || neutral != value
        text = quoted ? "\"" + neutral.replacing("\"", with: "\"\"") + "\"" : neutral
    }

    /// A line with its CRLF.
    package static func row(_ values: [String]) -> String {
        values.map { CSVCell($0).text }.joined(separator: ",") + "\r\n"
    }
}
