// SPDX-License-Identifier: Apache-2.0
//
// Which letters the codes of a font stand for: its ToUnicode map (ISO 32000-1 section 9.10.3), else, for fonts with one octet a
// letter, their encoding. A font of which neither is known cannot be read.

struct PDFFont {
    private enum Letters {
        case map([Int: String], octets: Int)
        case table([Int: String])
    }

    private let letters: Letters
    /// Widths of codes in thousandths of the font's size; what is not in it has `otherWidth`.
    private var widths: [Int: Double] = [:]
    private var otherWidth: Double?

    init(_ font: [String: PDFValue], in document: inout PortableDocument) throws(UnreadableDocument) {
        let isComposite = font["Subtype"]?.name == "Type0"
        if let number = font["ToUnicode"]?.reference, let octets = try document.content(number) {
            let map = try ToUnicodeMap(octets)
            letters = .map(map.letters, octets: map.octets ?? (isComposite ? 2 : 1))
            measure(font, isComposite: isComposite, in: document)
            return
        }
        let base = font["BaseFont"]?.name ?? ""
        // Bullets and ornaments.
        let isOrnament = base.hasSuffix("Symbol") || base.hasSuffix("ZapfDingbats") || base.contains("Wingdings")
        guard !isComposite, font["Subtype"]?.name != "Type3" else { throw UnreadableDocument() }
        var table = isOrnament ? [:] : Self.latin
        switch document.resolve(font["Encoding"]) {
        case .dictionary(let encoding)?:
            guard let differences = document.resolve(encoding["Differences"]) else { break }
            var code = 0
            for element in differences.array ?? [] {
                if let number = element.integer {
                    code = number
                } else if let name = element.name {
                    table[code] = Self.letter(named: name)
                    code += 1
                }
            }
        case .name?: break
        default:
            // Symbolic without an encoding: the letters are the font's own affair.
            let descriptor = document.resolve(font["FontDescriptor"])?.dictionary
            let flags = descriptor?["Flags"]?.integer ?? 32
            if flags & 4 != 0, !isOrnament { throw UnreadableDocument() }
        }
        letters = .table(table)
        measure(font, isComposite: false, in: document)
    }

    /// Reads `Widths` of a simple font, `W` and `DW` of a composite one (ISO 32000-1 sections 9.6.2.1 and 9.7.4.3).
    private mutating func measure(_ font: [String: PDFValue], isComposite: Bool, in document: PortableDocument) {
        func number(_ value: PDFValue?) -> Double? {
            if case .number(let number)? = document.resolve(value) { number } else { nil }
        }
        guard isComposite else {
            guard let first = document.resolve(font["FirstChar"])?.integer,
                let list = document.resolve(font["Widths"])?.array
            else { return }
            for (index, value) in list.enumerated() { widths[first + index] = number(value) }
            return
        }
        guard let descendant = document.resolve(font["DescendantFonts"])?.array?.first,
            let facts = document.resolve(descendant)?.dictionary
        else { return }
        otherWidth = number(facts["DW"]) ?? 1_000
        let list = document.resolve(facts["W"])?.array ?? []
        var position = 0
        while position + 1 < list.count {
            guard let first = document.resolve(list[position])?.integer else { return }
            if let run = document.resolve(list[position + 1])?.array {
                for (index, value) in run.enumerated() { widths[first + index] = number(value) }
                position += 2
            } else {
                guard position + 2 < list.count, let last = document.resolve(list[position + 1])?.integer,
                    last - first <= 0xffff, let width = number(list[position + 2])
                else { return }
                for code in first...max(first, last) { widths[code] = width }
                position += 3
            }
        }
    }

    /// How far a shown string reaches, in thousandths of the font's size; nil when a width is not known.
    func width(of octets: [UInt8]) -> Double? {
        var step = 1
        if case .map(_, let octets) = letters { step = octets }
        var sum = 0.0
        for start in stride(from: 0, to: octets.count - step + 1, by: step) {
            let code = octets[start..<(start + step)].reduce(0) { $0 << 8 | Int($1) }
            guard let width = widths[code] ?? otherWidth else { return nil }
            sum += width
        }
        return sum
    }

    /// The text of a shown string. Throws when more than a tenth of its letters is not known.
    func text(of octets: [UInt8]) throws(UnreadableDocument) -> String {
        var text = ""
        var (known, unknown) = (0, 0)
        func add(_ letter: String?) {
            if let letter {
                text += letter
                known += 1
            } else {
                unknown += 1
            }
        }
        switch letters {
        case .table(let table):
            if table.isEmpty { return "" }
            for octet in octets { add(table[Int(octet)]) }
        case .map(let map, let width):
            for start in stride(from: 0, to: octets.count - width + 1, by: width) {
                add(map[octets[start..<(start + width)].reduce(0) { $0 << 8 | Int($1) }])
            }
        }
        guard unknown * 9 <= known else { throw UnreadableDocument() }
        return text
    }

    /// A string outside of pages: UTF-16 with its mark, UTF-8 with its mark, else one octet a letter.
    static func text(ofString octets: [UInt8]) -> String {
        if octets.starts(with: [0xfe, 0xff]) {
            let units = stride(from: 2, to: octets.count - 1, by: 2).map {
                UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
            }
            return String(decoding: units, as: UTF16.self)
        }
        if octets.starts(with: [0xef, 0xbb, 0xbf]) { return String(decoding: octets.dropFirst(3), as: UTF8.self) }
        return octets.map { latin[Int($0)] ?? "" }.joined()
    }

    /// Printable ASCII and Latin-1, with what WinAnsiEncoding has between them: the encodings differ in little that an
    /// identifier is written with.
    private static let latin: [Int: String] = {
        var table: [Int: String] = [0x09: "\t", 0x0a: "\n", 0x0d: "\n"]
        for code in 0x20...0x7e { table[code] = String(UnicodeScalar(UInt8(code))) }
        for code in 0xa0...0xff { table[code] = String(UnicodeScalar(UInt8(code))) }
        for (code, letter) in [0x80: "€", 0x85: "…", 0x91: "‘", 0x92: "’", 0x93: "“", 0x94: "”", 0x95: "•"] {
            table[code] = letter
        }
        table[0x96] = "–"
        table[0x97] = "—"
        table[0x99] = "™"
        return table
    }()

    private static let named: [String: String] = [
        "space": " ", "nbspace": " ", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
        "six": "6", "seven": "7", "eight": "8", "nine": "9", "hyphen": "-", "minus": "-", "endash": "–", "emdash": "—",
        "period": ".", "comma": ",", "colon": ":", "semicolon": ";", "slash": "/", "parenleft": "(", "parenright": ")",
        "numbersign": "#", "at": "@", "ampersand": "&", "underscore": "_", "plus": "+", "equal": "=", "percent": "%",
        "quotesingle": "'", "quoteright": "’", "quoteleft": "‘", "quotedblleft": "“", "quotedblright": "”",
        "quotedbl": "\"", "exclam": "!", "question": "?", "asterisk": "*", "bullet": "•", "dollar": "$", "bar": "|",
        "bracketleft": "[", "bracketright": "]", "backslash": "\\", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi",
        "ffl": "ffl", "degree": "°", "aacute": "á", "eacute": "é", "iacute": "í", "oacute": "ó", "uacute": "ú",
        "ntilde": "ñ", "udieresis": "ü", "odieresis": "ö", "adieresis": "ä", "germandbls": "ß", ".notdef": "",
    ]

    /// The letter of a glyph's name (Adobe Glyph List, as much as texts are written with).
    private static func letter(named name: String) -> String? {
        if let known = named[name] { return known }
        if name.utf8.count == 1 { return name }
        let stem = name.hasPrefix("uni") ? name.dropFirst(3) : name.hasPrefix("u") ? name.dropFirst(1) : ""
        return UInt32(stem, radix: 16).flatMap { Unicode.Scalar($0) }.map { String(Character($0)) }
    }
}

/// A ToUnicode map: `bfchar` and `bfrange`.
private struct ToUnicodeMap {
    private(set) var letters: [Int: String] = [:]
    /// Octets of a code; nil where the map does not say.
    private(set) var octets: Int?

    init(_ bytes: [UInt8]) throws(UnreadableDocument) {
        var reader = PDFReader(bytes)
        var operands: [PDFValue] = []
        while let value = try reader.next(takesReferences: false) {
            guard case .keyword(let name) = value else {
                operands.append(value)
                guard operands.count <= 4_096 else { throw UnreadableDocument() }
                continue
            }
            switch name {
            case "endcodespacerange": octets = operands.last?.string.map { min(4, max(1, $0.count)) }
            case "endbfchar": characters(operands)
            case "endbfrange": ranges(operands)
            default: break
            }
            operands = []
        }
    }

    private static let ligatures = ["ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"]

    private static func code(_ value: PDFValue) -> Int? { value.string?.prefix(4).reduce(0) { $0 << 8 | Int($1) } }

    private static func letter(_ octets: [UInt8]) -> String {
        let units = stride(from: 0, to: octets.count - 1, by: 2).map {
            UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
        }
        if octets.count == 1 { return String(UnicodeScalar(octets[0])) }
        let text = String(decoding: units, as: UTF16.self)
        return ligatures[text] ?? text
    }

    private mutating func characters(_ operands: [PDFValue]) {
        for start in stride(from: 0, to: operands.count - 1, by: 2) {
            guard let code = Self.code(operands[start]), let octets = operands[start + 1].string else { continue }
            letters[code] = Self.letter(octets)
        }
    }

    private mutating func ranges(_ operands: [PDFValue]) {
        for start in stride(from: 0, to: operands.count - 2, by: 3) {
            guard let low = Self.code(operands[start]), let high = Self.code(operands[start + 1]), low <= high,
                high - low <= 0xffff
            else { continue }
            if let list = operands[start + 2].array {
                for (index, value) in list.enumerated() where low + index <= high {
                    if let octets = value.string { letters[low + index] = Self.letter(octets) }
                }
            } else if var octets = operands[start + 2].string, let last = octets.last {
                let most = min(high - low, 255 - Int(last))
                for step in 0...max(0, most) {
                    octets[octets.count - 1] = last + UInt8(step)
                    letters[low + step] = Self.letter(octets)
                }
            }
        }
    }
}
