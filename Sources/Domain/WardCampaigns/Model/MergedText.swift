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
        var result: [UInt8] = []
        result.reserveCapacity(html.utf8.count + 256)
        var isInParagraph = false
        var lineFeeds = 0
        var previous: UInt8 = 0
        for octet in html.utf8 {
            defer { previous = octet }
            guard octet != 0x0a || previous == 0x0d else {
                lineFeeds += 1
                continue
            }
            if !isInParagraph {
                result += "<p>".utf8
            } else if lineFeeds > 0 {
                result += (lineFeeds > 1 ? "</p>\n<p>" : "<br>\n").utf8
            }
            isInParagraph = true
            lineFeeds = 0
            result.append(octet)
        }
        if isInParagraph { result += "</p>".utf8 }
        // An odd number of them at the end always made an empty paragraph.
        if lineFeeds % 2 == 1, lineFeeds > 1 || !isInParagraph {
            result += (isInParagraph ? "\n<p></p>" : "<p></p>").utf8
        }
        return String(decoding: result, as: UTF8.self)
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
        var octets = 0
        for piece in pieces {
            switch piece {
            case .text(let text): merged.append(.init(text: text, isData: false))
            case .field(let name, let fallback, _):
                let cleaned = value(name).map(Self.cleaned) ?? ""
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
        return text.withUTF8 { octets in
            var result: [UInt8] = []
            result.reserveCapacity(octets.count + 64)
            for octet in octets {
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
        }
    }
}
