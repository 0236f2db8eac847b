// SPDX-License-Identifier: Apache-2.0

/// A tag list (RFC 6376 section 3.2): `name=value; …`, white space and folding around each. A name that stands twice makes
/// the whole list invalid.
struct TagList {
    private let values: [String: String]
    /// The tags' names in order.
    let names: [String]

    init?(_ octets: some Sequence<UInt8>) {
        let text = Array(octets)
        // 8-bit values are for internationalized mail, which nothing here uses.
        guard text.count <= 65_536, text.allSatisfy({ $0 < 0x80 && $0 != 0 }) else { return nil }
        var values: [String: String] = [:]
        var names: [String] = []
        var parts = text.split(separator: 0x3b, omittingEmptySubsequences: false).map { Self.trimmed($0) }
        if let last = parts.last, last.isEmpty { parts.removeLast() }
        for part in parts {
            guard let equals = part.firstIndex(of: 0x3d) else { return nil }
            let name = Self.trimmed(part[..<equals])
            guard let first = name.first, Self.isLetter(first), name.allSatisfy(Self.isNameOctet) else { return nil }
            let key = String(decoding: name, as: UTF8.self)
            guard values[key] == nil else { return nil }
            values[key] = String(decoding: Self.trimmed(part[part.index(after: equals)...]), as: UTF8.self)
            names.append(key)
        }
        guard !names.isEmpty else { return nil }
        self.values = values
        self.names = names
    }

    subscript(_ name: String) -> String? { values[name] }

    /// The value without any white space, as base64 and lists of names are written.
    func compact(_ name: String) -> String? {
        values[name].map { String(decoding: $0.utf8.filter { !Self.isSpace($0) }, as: UTF8.self) }
    }

    /// The words of a value between colons.
    func words(_ name: String) -> [String]? {
        compact(name)?.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var part = part
        while let first = part.first, isSpace(first) { part.removeFirst() }
        while let last = part.last, isSpace(last) { part.removeLast() }
        return part
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }

    private static func isNameOctet(_ byte: UInt8) -> Bool {
        isLetter(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
    }
}
