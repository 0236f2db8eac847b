// SPDX-License-Identifier: Apache-2.0

/// A template with one person's values put in. It keeps apart what the author wrote from what the person's record holds,
/// since only the former may become markup.
struct MergedText: Hashable, Sendable {
    struct Piece: Hashable, Sendable {
        var text: String
        var isData: Bool
    }

    var pieces: [Piece]

    var plain: String { pieces.map(\.text).joined() }

    /// The text as a sequence of paragraphs: escaped, with line ends kept and the author's links made clickable.
    ///
    /// - Parameter markups: what `markup` makes of the author's pieces, by position, where that is known already.
    func paragraphs(markups: [String] = []) -> String {
        var html = ""
        for (position, piece) in pieces.enumerated() {
            if piece.isData {
                html += HTMLText.escaped(piece.text)
            } else {
                html += position < markups.count ? markups[position] : Self.markup(piece.text)
            }
        }
        return Self.paragraphs(of: html)
    }

    /// Paragraphs are told apart by lines that the author left blank; data has no line ends. Works on octets: a line feed is
    /// never part of another character, but for the one after a carriage return, which stays as it stands. The result is
    /// under the digest of messages that wait: it may not change.
    static func paragraphs(of html: String) -> String {
        var html = html
        return html.withUTF8 { html in
            // Two line feeds make at most nine octets, and one that ends the text at most eight more.
            let lineFeeds = html.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 }
            return String(unsafeUninitializedCapacity: html.count + 4 * lineFeeds + 24) { buffer in
                var output = Paragraphs(buffer)
                for octet in html { output.append(octet) }
                return output.end()
            }
        }
    }

    /// Paragraphs as they are written octet by octet into room that is enough.
    private struct Paragraphs {
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private var count = 0
        private var isInParagraph = false
        private var lineFeeds = 0
        private var previous: UInt8 = 0

        init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

        private mutating func write(_ text: StaticString) {
            for octet in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) {
                buffer.initializeElement(at: count, to: octet)
                count += 1
            }
        }

        mutating func append(_ octet: UInt8) {
            defer { previous = octet }
            guard octet != 0x0a || previous == 0x0d else {
                lineFeeds += 1
                return
            }
            if !isInParagraph {
                write("<p>")
            } else if lineFeeds > 0 {
                write(lineFeeds > 1 ? "</p>\n<p>" : "<br>\n")
            }
            isInParagraph = true
            lineFeeds = 0
            buffer.initializeElement(at: count, to: octet)
            count += 1
        }

        /// - Returns: how many octets were written.
        mutating func end() -> Int {
            if isInParagraph { write("</p>") }
            // An odd number of them at the end always made an empty paragraph.
            if lineFeeds % 2 == 1, lineFeeds > 1 || !isInParagraph {
                write(isInParagraph ? "\n<p></p>" : "<p></p>")
            }
            return count
        }
    }

    /// The author's text escaped, with its links made clickable.
    static func markup(_ text: String) -> String {
        LinkFinder.parts(of: text).map { part in
            let escaped = HTMLText.escaped(part.text)
            return part.isLink ? "<a href=\"\(escaped)\">\(escaped)</a>" : escaped
        }.joined()
    }
}

/// What merging one person's values gives.
enum MergeOutcome: Hashable, Sendable {
    case merged(MergedText)
    /// Required fields (without a fall-back) for which the person has no value.
    case missing([String])
    /// The values make the text longer than its bound.
    case tooLong
}

extension MergeTemplate {
    /// Puts in what `value` answers for each field. The answer is data: it is cleaned and never parsed.
    func merged(value: (String) -> String?) -> MergeOutcome {
        var missing: [String] = []
        var merged: [MergedText.Piece] = []
        merged.reserveCapacity(pieces.count)
        // A field that stands in every line is cleaned once.
        var known: [String: String] = [:]
        var octets = 0
        for piece in pieces {
            switch piece {
            case .text(let text): merged.append(.init(text: text, isData: false))
            case .field(let name, let fallback, _):
                let cleaned = known[name] ?? value(name).map(Self.cleaned) ?? ""
                known[name] = cleaned
                if !cleaned.isEmpty {
                    merged.append(.init(text: cleaned, isData: true))
                } else if let fallback {
                    merged.append(.init(text: fallback, isData: true))
                } else if !missing.contains(name) {
                    missing.append(name)
                }
            }
            octets += merged.last?.text.utf8.count ?? 0
            guard octets <= MergeLimits.mergedOctets else { return .tooLong }
        }
        return missing.isEmpty ? .merged(MergedText(pieces: merged)) : .missing(missing)
    }

    /// A value without control characters, line ends and direction overrides, trimmed; each such run becomes one space.
    static func cleaned(_ value: String) -> String {
        isClean(value) ? value : rewritten(value)
    }

    /// Plain ASCII in which no space stands at an end or beside another: most values.
    private static func isClean(_ value: String) -> Bool {
        var previous: UInt8 = 0x20
        for octet in value.utf8 {
            guard octet &- 0x20 <= 0x5e, octet != 0x20 || previous != 0x20 else { return false }
            previous = octet
        }
        return previous != 0x20
    }

    private static func rewritten(_ value: String) -> String {
        var result = ""
        var pendingSpace = false
        for scalar in value.unicodeScalars {
            switch scalar.value {
            case 0...0x20, 0x7f...0xa0, 0x2028, 0x2029: pendingSpace = true
            case 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff: continue
            default:
                if pendingSpace, !result.isEmpty { result.unicodeScalars.append(" ") }
                pendingSpace = false
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Text as it may stand in HTML, between tags and in quoted attributes.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        var text = text
        return text.withUTF8 { octets -> String? in
            guard let first = octets.firstIndex(where: isSpecial) else { return nil }
            var result = Array(octets[..<first])
            result.reserveCapacity(octets.count + 64)
            for octet in octets[first...] {
                switch octet {
                case UInt8(ascii: "&"): result += "&amp;".utf8
                case UInt8(ascii: "<"): result += "&lt;".utf8
                case UInt8(ascii: ">"): result += "&gt;".utf8
                case UInt8(ascii: "\""): result += "&quot;".utf8
                case UInt8(ascii: "'"): result += "&#39;".utf8
                default: result.append(octet)
                }
            }
            return String(decoding: result, as: UTF8.self)
        } ?? text
    }

    private static func isSpecial(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }
}
