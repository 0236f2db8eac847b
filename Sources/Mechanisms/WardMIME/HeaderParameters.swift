// SPDX-License-Identifier: Apache-2.0
//
// `value; name=value; name*0*=…` (RFC 2045 section 5.1, RFC 2231).

struct HeaderParameters {
    /// Lower case.
    let value: String
    private var parameters: [String: String] = [:]

    subscript(name: String) -> String? { parameters[name] }

    init(_ text: String) {
        let sections = Self.sections(text)
        value = (sections.first ?? "").trimmedOfSpaces.lowercased()
        var pieces: [String: [(index: Int, value: String, isEncoded: Bool)]] = [:]
        for section in sections.dropFirst() {
            guard let equals = section.firstIndex(of: "=") else { continue }
            let name = String(section[..<equals]).trimmedOfSpaces.lowercased()
            let content = Self.unquoted(String(section[section.index(after: equals)...]).trimmedOfSpaces)
            let isEncoded = name.hasSuffix("*")
            let parts = name.split(separator: "*")
            guard let stem = parts.first else { continue }
            let index = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            pieces[String(stem), default: []].append((index, content, isEncoded))
        }
        for (name, list) in pieces {
            let sorted = list.sorted { $0.index < $1.index }
            let isEncoded = sorted.first?.isEncoded == true
            let octets = sorted.flatMap { piece in
                let content = isEncoded && piece.index == 0 ? Self.withoutCharset(piece.value) : piece.value
                return piece.isEncoded ? Self.percentDecoded(content) : Array(content.utf8)
            }
            parameters[name] = String(decoding: octets, as: UTF8.self)
        }
    }

    /// Cut at semicolons outside quotes.
    private static func sections(_ text: String) -> [String] {
        var sections = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if character == ";" && !isQuoted {
                sections.append("")
                continue
            }
            if character == "\"" && !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            sections[sections.count - 1].append(character)
        }
        return sections
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\" && !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    /// After `charset'language'`.
    private static func withoutCharset(_ text: String) -> String {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[2]) : text
    }

    private static func percentDecoded(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count,
                let octet = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                result.append(octet)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}

extension String {
    var trimmedOfSpaces: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
