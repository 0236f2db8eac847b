// SPDX-License-Identifier: Apache-2.0
//
// Office Open XML (ECMA-376) and OpenDocument (ISO/IEC 26300): archives of XML. Every XML part is read, whatever its name, so
// that headers, footnotes, comments, properties and hidden sheets count as well. A part that is neither XML nor a small picture
// (letterheads have logos; a scanned page is larger) makes the whole unreadable: macros, embedded files, fonts with text.

import WardCompression

enum OfficeDocument {
    /// Octets of a picture that is taken for decoration.
    static let smallPicture = 64 << 10

    static func read(_ bytes: [UInt8]) throws(UnreadableDocument) -> String {
        do throws(Inflate.Problem) {
            return try text(in: try ZipArchive(bytes))
        } catch {
            throw UnreadableDocument()
        }
    }

    private static func text(in archive: ZipArchive) throws(Inflate.Problem) -> String {
        let names = Set(archive.entries.map(\.name))
        // Other archives are collections of files, and nobody looks into those.
        guard names.contains("[Content_Types].xml") || names.contains("content.xml") else { throw .malformed }
        var left = DocumentText.longest
        var text = ""
        for entry in archive.entries where !entry.name.hasSuffix("/") {
            switch kind(of: entry.name) {
            case .markup:
                let content = try archive.content(of: entry, limit: left)
                left -= content.count
                text += MarkupText.read(content) + "\n"
            case .ignored: continue
            case .picture where entry.size <= smallPicture: continue
            case .picture, .other: throw .malformed
            }
        }
        return text
    }

    private enum Kind { case markup, picture, ignored, other }

    private static func kind(of name: String) -> Kind {
        let lower = name.lowercased()
        let suffix = lower.split(separator: ".").last ?? ""
        switch suffix {
        case "xml", "vml", "rdf": return .markup
        case "rels": return .ignored
        case "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "svm": return .picture
        default:
            let isHarmless = lower == "mimetype" || lower.hasSuffix("printersettings1.bin") || suffix == "odttf"
            return isHarmless ? .ignored : .other
        }
    }
}

/// The text between the tags of XML, without reading it as XML: entities are the five and numbers, nothing is loaded and
/// nothing expands.
enum MarkupText {
    /// Elements at whose end something else begins: paragraphs, cells, lines, slides, tabs.
    private static let breaking: Set<String> = [
        "w:p", "w:br", "w:tab", "w:tc", "a:p", "a:br", "c", "row", "si", "is", "t:p", "text:p", "text:h", "text:tab",
        "text:line-break", "table:table-cell", "dc:title", "dc:creator", "dc:subject", "dc:description", "cp:keywords",
    ]

    static func read(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                let end = bytes[position...].firstIndex(of: UInt8(ascii: ">")) ?? bytes.endIndex - 1
                let tag = bytes[(position + 1)..<max(position + 1, end)]
                if isBreak(tag) { text.append(0x0a) }
                position = end + 1
            } else if bytes[position] == UInt8(ascii: "&") {
                position = appendEntity(bytes, position, to: &text)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isBreak(_ tag: ArraySlice<UInt8>) -> Bool {
        let isEnd = tag.first == UInt8(ascii: "/")
        let isAlone = tag.last == UInt8(ascii: "/")
        guard isEnd || isAlone else { return false }
        let name = tag.dropFirst(isEnd ? 1 : 0).prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") }
        return breaking.contains(String(decoding: name, as: UTF8.self))
    }

    private static func appendEntity(_ bytes: [UInt8], _ position: Int, to text: inout [UInt8]) -> Int {
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            text.append(bytes[position])
            return position + 1
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        switch name {
        case "amp": text.append(UInt8(ascii: "&"))
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let isHexadecimal = name.hasPrefix("#x")
            let digits = name.dropFirst(isHexadecimal ? 2 : 1)
            guard name.hasPrefix("#"), let value = UInt32(digits, radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(value)
            else {
                text += bytes[position...end]
                return end + 1
            }
            text += Array(String(Character(scalar)).utf8)
        }
        return end + 1
    }
}
