// SPDX-License-Identifier: Apache-2.0
//
// PDF (ISO 32000-1). The file is gone through from its first octet to its last, and every object in it is taken, those of older
// revisions too: the table of positions at the end is what a writer says is there, and a scan wants what is there. Streams are
// FlateDecode or plain. Not read, so that the whole is unreadable: encryption, embedded files, XFA forms, fonts whose letters
// nobody can tell, pages that are pictures or drawings.

import WardCompression

struct PortableDocument {
    private static let mostObjects = 300_000

    private(set) var objects: [Int: PDFValue] = [:]
    private var streams: [Int: ArraySlice<UInt8>] = [:]
    /// Octets that may still be expanded.
    private var left = DocumentText.longest

    static func read(_ bytes: [UInt8]) throws(UnreadableDocument) -> String {
        var document = try PortableDocument(bytes)
        return try document.text()
    }

    private init(_ bytes: [UInt8]) throws(UnreadableDocument) {
        try collect(bytes)
        for (number, value) in objects where value.dictionary?["Type"]?.name == "ObjStm" {
            try unpack(number, value)
        }
        for value in objects.values { try Self.refuse(value.dictionary ?? [:]) }
    }

    /// Everything of the form `N G obj … endobj`.
    private mutating func collect(_ bytes: [UInt8]) throws(UnreadableDocument) {
        var position = 0
        while let found = Self.nextObject(bytes, from: position) {
            var reader = PDFReader(bytes, at: found.start)
            let value = try reader.next() ?? .null
            guard objects.count < Self.mostObjects else { throw UnreadableDocument() }
            objects[found.number] = value
            position = max(reader.position, found.start)
            if let dictionary = value.dictionary, let content = stream(dictionary, bytes, &position) {
                streams[found.number] = content
            }
        }
        if let trailer = bytes.lastRange(of: Array("trailer".utf8)) {
            var reader = PDFReader(bytes, at: trailer.upperBound)
            if case .dictionary(let entries)? = try reader.next(), entries["Encrypt"] != nil {
                throw UnreadableDocument()
            }
        }
    }

    private static func nextObject(_ bytes: [UInt8], from: Int) -> (number: Int, start: Int)? {
        var position = from
        while position + 3 < bytes.count {
            guard let o = bytes[position...].firstIndex(of: UInt8(ascii: "o")), o + 2 < bytes.count else { return nil }
            position = o + 1
            guard bytes[o + 1] == UInt8(ascii: "b"), bytes[o + 2] == UInt8(ascii: "j"),
                o + 3 == bytes.count || !(0x61...0x7a).contains(bytes[o + 3]), let number = number(before: o, in: bytes)
            else { continue }
            return (number, o + 3)
        }
        return nil
    }

    /// The N of `N G ` in front of a position.
    private static func number(before end: Int, in bytes: [UInt8]) -> Int? {
        var look = end - 1
        func digits() -> Range<Int>? {
            let last = look
            while look >= 0, (0x30...0x39).contains(bytes[look]), last - look < 10 { look -= 1 }
            return look < last ? (look + 1)..<(last + 1) : nil
        }
        func spaces() {
            while look >= 0, PDFReader.isSpace(bytes[look]) { look -= 1 }
        }
        spaces()
        guard digits() != nil else { return nil }
        spaces()
        return digits().flatMap { Int(String(decoding: bytes[$0], as: UTF8.self)) }
    }

    private func stream(
        _ dictionary: [String: PDFValue],
        _ bytes: [UInt8],
        _ position: inout Int
    ) -> ArraySlice<UInt8>? {
        var reader = PDFReader(bytes, at: position)
        reader.skipSpace()
        var start = reader.position
        guard bytes[start...].starts(with: Array("stream".utf8)) else { return nil }
        start += 6
        if start < bytes.count, bytes[start] == 0x0d { start += 1 }
        if start < bytes.count, bytes[start] == 0x0a { start += 1 }
        let mark = Array("endstream".utf8)
        if let length = dictionary["Length"]?.integer, length >= 0, start + length <= bytes.count {
            var after = PDFReader(bytes, at: start + length)
            after.skipSpace()
            if bytes[after.position...].starts(with: mark) {
                position = after.position + mark.count
                return bytes[start..<(start + length)]
            }
        }
        guard let end = bytes[start...].firstRange(of: mark) else { return nil }
        position = end.upperBound
        return bytes[start..<end.lowerBound]
    }

    /// What nobody can read makes the whole unreadable.
    private static func refuse(_ dictionary: [String: PDFValue]) throws(UnreadableDocument) {
        let type = dictionary["Type"]?.name
        if type == "EmbeddedFile" || type == "XRef" && dictionary["Encrypt"] != nil || dictionary["XFA"] != nil
            || dictionary["EF"] != nil
        {
            throw UnreadableDocument()
        }
    }

    /// The objects inside an object stream (ISO 32000-1 section 7.5.7).
    private mutating func unpack(_ number: Int, _ value: PDFValue) throws(UnreadableDocument) {
        guard let dictionary = value.dictionary, let count = dictionary["N"]?.integer,
            let first = dictionary["First"]?.integer, count <= Self.mostObjects, let content = try content(number),
            first >= 0, first <= content.count
        else { throw UnreadableDocument() }
        var heads = PDFReader(content)
        for _ in 0..<count {
            guard let object = try heads.next(takesReferences: false)?.integer,
                let offset = try heads.next(takesReferences: false)?.integer, offset >= 0,
                first + offset <= content.count
            else { throw UnreadableDocument() }
            var reader = PDFReader(content, at: first + offset)
            guard objects.count < Self.mostObjects else { throw UnreadableDocument() }
            // A later revision outside of the stream stands; the stream's own is taken where there is none.
            if objects[object] == nil { objects[object] = try reader.next() ?? .null }
        }
    }

    func resolve(_ value: PDFValue?) -> PDFValue? {
        var value = value
        for _ in 0..<20 {
            guard let number = value?.reference else { return value }
            value = objects[number]
        }
        return nil
    }

    /// A stream's octets as its filters say; nil for an object without stream.
    mutating func content(_ number: Int) throws(UnreadableDocument) -> [UInt8]? {
        guard let raw = streams[number], let dictionary = objects[number]?.dictionary else { return nil }
        var filters: [String] = []
        switch resolve(dictionary["Filter"]) {
        case .name(let name)?: filters = [name]
        case .array(let names)?: filters = names.compactMap { resolve($0)?.name }
        default: break
        }
        var parameters = resolve(dictionary["DecodeParms"])
        if case .array(let list)? = parameters { parameters = list.first.flatMap { resolve($0) } }
        if let predictor = parameters?.dictionary?["Predictor"]?.integer, predictor > 1 { throw UnreadableDocument() }
        var octets = Array(raw)
        for filter in filters {
            guard filter == "FlateDecode" || filter == "Fl" else { throw UnreadableDocument() }
            do throws(Inflate.Problem) {
                octets = try Inflate.expand(octets, .zlib, limit: left)
            } catch { throw UnreadableDocument() }
        }
        left -= octets.count
        guard left >= 0 else { throw UnreadableDocument() }
        return octets
    }
}

extension PortableDocument {
    private mutating func text() throws(UnreadableDocument) -> String {
        var text = ""
        let pages = objects.filter { $0.value.dictionary?["Type"]?.name == "Page" }.keys.sorted()
        guard !pages.isEmpty else { throw UnreadableDocument() }
        for page in pages { text += try self.text(ofPage: page) + "\n" }
        for value in objects.values { text += spoken(value.dictionary ?? [:]) }
        return text
    }

    private mutating func text(ofPage number: Int) throws(UnreadableDocument) -> String {
        guard let page = objects[number]?.dictionary else { return "" }
        var octets: [UInt8] = []
        for part in streams(named: page["Contents"]) { octets += (try content(part) ?? []) + [0x0a] }
        var reading = PDFPageText()
        try reading.read(octets, resources: resources(of: page), in: &self, depth: 0)
        let letters = reading.text.unicodeScalars.reduce(0) { $0 + ($1.properties.isWhitespace ? 0 : 1) }
        // A page that is a picture, or drawn letter by letter, says nothing to us and much to its reader.
        if letters < 20, reading.hasPicture || reading.drawings > 50 { throw UnreadableDocument() }
        return reading.text
    }

    private func streams(named value: PDFValue?) -> [Int] {
        if let number = value?.reference, streams[number] != nil { return [number] }
        return resolve(value)?.array?.compactMap(\.reference) ?? []
    }

    /// A page's own, or its parents'.
    private func resources(of page: [String: PDFValue]) -> [String: PDFValue] {
        var node = page
        for _ in 0..<30 {
            if let found = resolve(node["Resources"])?.dictionary { return found }
            guard let parent = resolve(node["Parent"])?.dictionary else { return [:] }
            node = parent
        }
        return [:]
    }

    /// Texts outside of pages: notes, form fields, properties.
    private func spoken(_ dictionary: [String: PDFValue]) -> String {
        ["V", "DV", "Contents", "RC", "TU", "Title", "Author", "Subject", "Keywords"].reduce(into: "") { text, key in
            if let octets = resolve(dictionary[key])?.string { text += PDFFont.text(ofString: octets) + "\n" }
        }
    }
}

extension Array where Element == UInt8 {
    /// The last place of a pattern.
    func lastRange(of pattern: [UInt8]) -> Range<Int>? {
        guard !pattern.isEmpty, count >= pattern.count else { return nil }
        var start = count - pattern.count
        while start >= 0 {
            if self[start] == pattern[0], self[start..<(start + pattern.count)].elementsEqual(pattern) {
                return start..<(start + pattern.count)
            }
            start -= 1
        }
        return nil
    }
}
