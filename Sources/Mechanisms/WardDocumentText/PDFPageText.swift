// SPDX-License-Identifier: Apache-2.0
//
// The text that a content stream shows (ISO 32000-1 section 9.4), in the order in which it is shown. A new line begins a new
// line; a gap as wide as a fifth of the font begins a new word. Writers cut words where it suits them, so a move along the line
// is measured against the letters shown before it: without their widths it counts as a gap.

struct PDFPageText {
    private static let deepest = 6
    private(set) var text = ""
    private(set) var hasPicture = false
    /// Lines and curves that are drawn.
    private(set) var drawings = 0

    private var font: PDFFont?
    private var size = 1.0
    /// How far the letters since the last move reach, in the font's own units of text space; nil: not known.
    private var reach: Double? = 0
    /// The last matrix that was set.
    private var matrix: [Double] = []
    private var fonts: [Int: PDFFont] = [:]

    mutating func read(
        _ octets: [UInt8],
        resources: [String: PDFValue],
        in document: inout PortableDocument,
        depth: Int
    ) throws(UnreadableDocument) {
        guard depth < Self.deepest else { throw UnreadableDocument() }
        var reader = PDFReader(octets)
        var operands: [PDFValue] = []
        while let value = try reader.next(takesReferences: false) {
            guard case .keyword(let name) = value else {
                operands.append(value)
                // No operator takes more than six, but arrays of text count as one.
                if operands.count > 64 { operands.removeFirst() }
                continue
            }
            if name == "BI" {
                hasPicture = true
                Self.skipInlinePicture(&reader)
            } else {
                try apply(name, operands, resources, in: &document, depth)
            }
            operands = []
        }
    }

    private mutating func apply(
        _ name: String,
        _ operands: [PDFValue],
        _ resources: [String: PDFValue],
        in document: inout PortableDocument,
        _ depth: Int
    ) throws(UnreadableDocument) {
        switch name {
        case "Tf":
            try choose(operands.first?.name, resources, in: &document)
            if case .number(let size)? = operands.last { self.size = size }
        case "Tj": try show(operands.last?.string)
        case "'", "\"":
            text += "\n"
            try show(operands.last?.string)
        case "TJ":
            for element in operands.last?.array ?? [] {
                if case .number(let gap) = element {
                    reach = reach.map { $0 - gap / 1_000 * size }
                    if gap < -200 { text += " " }
                } else {
                    try show(element.string)
                }
            }
        case "Td", "TD": move(operands.compactMap(Self.number))
        case "Tm": set(operands.compactMap(Self.number))
        case "T*", "ET": newLine()
        case "l", "c", "v", "y": drawings += 1
        case "Do": try paint(operands.first?.name, resources, in: &document, depth)
        default: break
        }
    }

    private static func number(_ value: PDFValue) -> Double? {
        if case .number(let number) = value { number } else { nil }
    }

    /// A line that ends with a hyphen goes on: programs break numbers there.
    private mutating func newLine() {
        if let last = text.last, !last.isWhitespace, last != "-" { text += "\n" }
        reach = 0
    }

    /// A move relative to the begin of the line.
    private mutating func move(_ by: [Double]) {
        guard by.count == 2, by[1] == 0 else { return newLine() }
        let gap = reach.map { by[0] - $0 }
        if gap.map({ abs($0) > size * 0.2 }) ?? true, text.last?.isWhitespace == false { text += " " }
        reach = 0
        if matrix.count == 6 { matrix[4] += by[0] * matrix[0] }
    }

    /// A new matrix: along the same line when only its place along it differs.
    private mutating func set(_ new: [Double]) {
        let isSameLine =
            new.count == 6 && matrix.count == 6 && new[0] != 0 && new[..<4] == matrix[..<4] && new[5] == matrix[5]
        let along = isSameLine ? (new[4] - matrix[4]) / new[0] : 0
        matrix = new
        if isSameLine { move([along, 0]) } else { newLine() }
        matrix = new
    }

    private mutating func show(_ octets: [UInt8]?) throws(UnreadableDocument) {
        guard let octets, !octets.isEmpty else { return }
        guard let font else { throw UnreadableDocument() }
        text += try font.text(of: octets)
        reach = reach.flatMap { reach in font.width(of: octets).map { reach + $0 / 1_000 * size } }
    }

    private mutating func choose(
        _ name: String?,
        _ resources: [String: PDFValue],
        in document: inout PortableDocument
    ) throws(UnreadableDocument) {
        guard let name, let value = document.resolve(resources["Font"])?.dictionary?[name] else {
            font = nil
            return
        }
        if let number = value.reference, let known = fonts[number] {
            font = known
            return
        }
        guard let dictionary = document.resolve(value)?.dictionary else { throw UnreadableDocument() }
        let made = try PDFFont(dictionary, in: &document)
        if let number = value.reference { fonts[number] = made }
        font = made
    }

    private mutating func paint(
        _ name: String?,
        _ resources: [String: PDFValue],
        in document: inout PortableDocument,
        _ depth: Int
    ) throws(UnreadableDocument) {
        guard let name, let value = document.resolve(resources["XObject"])?.dictionary?[name],
            let dictionary = document.resolve(value)?.dictionary
        else { return }
        guard dictionary["Subtype"]?.name == "Form", let number = value.reference else {
            hasPicture = true
            return
        }
        let own = document.resolve(dictionary["Resources"])?.dictionary ?? resources
        let outer = font
        try read(try document.content(number) ?? [], resources: own, in: &document, depth: depth + 1)
        font = outer
    }

    /// Behind `BI … ID … EI`: the octets may be anything, so the end is an EI between white space.
    private static func skipInlinePicture(_ reader: inout PDFReader) {
        let bytes = reader.bytes
        var position = reader.position
        while position + 3 < bytes.count {
            let isEnd =
                PDFReader.isSpace(bytes[position]) && bytes[position + 1] == UInt8(ascii: "E")
                && bytes[position + 2] == UInt8(ascii: "I") && PDFReader.isSpace(bytes[position + 3])
            if isEnd {
                reader.position = position + 3
                return
            }
            position += 1
        }
        reader.position = bytes.count
    }
}
