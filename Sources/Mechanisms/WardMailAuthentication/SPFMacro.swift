// SPDX-License-Identifier: Apache-2.0

import WardDNS

/// Macros (RFC 7208 section 7).
struct SPFMacro {
    /// Who is asked about.
    struct Subject {
        let address: IPAddress
        let localPart: String
        let senderDomain: String
        let helloName: String
        /// The address's own name that leads back to it, for `p`; looked up only where a record uses it.
        var validatedName: String?
    }

    /// Whether `p` is used, which needs a look-up first.
    static func usesName(_ text: String) -> Bool { text.contains("%{p") || text.contains("%{P") }

    private static let letters: Set<Character> = ["s", "l", "o", "d", "i", "p", "v", "h"]
    private static let delimiters: Set<Character> = [".", "-", "+", ",", "/", "_", "="]

    /// Whether every macro in it is one.
    static func isMacroString(_ text: Substring) -> Bool {
        var rest = text
        while let percent = rest.firstIndex(of: "%") {
            rest = rest[rest.index(after: percent)...]
            switch rest.first {
            case "%", "_", "-": rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}"), read(rest[rest.index(after: rest.startIndex)..<end]) != nil
                else {
                    return false
                }
                rest = rest[rest.index(after: end)...]
            default: return false
            }
        }
        return true
    }

    private struct Transform {
        let letter: Character
        var digits: Int?
        var isReversed = false
        var separators: Set<Character> = ["."]
        var isEscaped = false
    }

    private static func read(_ text: Substring) -> Transform? {
        guard let letter = text.first, letters.contains(Character(letter.lowercased())) else { return nil }
        var transform = Transform(letter: Character(letter.lowercased()))
        transform.isEscaped = letter.isUppercase
        var rest = text.dropFirst()
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        if !digits.isEmpty {
            guard let number = Int(digits.prefix(6)), number > 0 else { return nil }
            transform.digits = number
            rest = rest.dropFirst(digits.count)
        }
        if rest.first == "r" || rest.first == "R" {
            transform.isReversed = true
            rest = rest.dropFirst()
        }
        guard rest.allSatisfy(delimiters.contains) else { return nil }
        if !rest.isEmpty { transform.separators = Set(rest) }
        return transform
    }

    /// The text with its macros replaced, for the domain whose record it stands in.
    static func expand(_ text: String, for subject: Subject, domain: String) -> String {
        var expanded = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            expanded += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            switch rest.first {
            case "%": expanded += "%"
            case "_": expanded += " "
            case "-": expanded += "%20"
            default:
                guard let end = rest.firstIndex(of: "}"), rest.first == "{",
                    let transform = read(rest[rest.index(after: rest.startIndex)..<end])
                else { return expanded }
                expanded += value(transform, subject, domain)
                rest = rest[end...]
            }
            rest = rest.dropFirst()
        }
        return expanded + rest
    }

    private static func value(_ transform: Transform, _ subject: Subject, _ domain: String) -> String {
        let plain: String =
            switch transform.letter {
            case "s": "\(subject.localPart)@\(subject.senderDomain)"
            case "l": subject.localPart
            case "o": subject.senderDomain
            case "d": domain
            case "i": dotted(subject.address)
            case "v": subject.address.isIPv6 ? "ip6" : "in-addr"
            case "h": subject.helloName
            default: subject.validatedName ?? "unknown"
            }
        var parts = plain.split(omittingEmptySubsequences: false, whereSeparator: transform.separators.contains)
        if transform.isReversed { parts.reverse() }
        if let digits = transform.digits { parts = Array(parts.suffix(digits)) }
        let joined = parts.joined(separator: ".")
        return transform.isEscaped ? escaped(joined) : joined
    }

    private static func dotted(_ address: IPAddress) -> String {
        guard address.isIPv6 else { return address.octets.map { "\($0)" }.joined(separator: ".") }
        return address.octets.flatMap { [$0 >> 4, $0 & 15] }.map { String($0, radix: 16) }.joined(separator: ".")
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }
}
