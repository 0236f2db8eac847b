// SPDX-License-Identifier: Apache-2.0

import WardDNS

/// What SPF says about a client and a domain (RFC 7208 section 2.6).
package enum SPFResult: String, Sendable, Hashable, Codable, CaseIterable {
    case none, neutral, pass, fail, softfail, temperror, permerror
}

/// A record, read (RFC 7208 section 12).
struct SPFRecord: Hashable {
    struct Directive: Hashable {
        let result: SPFResult
        let mechanism: Mechanism
    }

    enum Mechanism: Hashable {
        case all
        case include(String)
        case address(domain: String?, SPFPrefix)
        case exchangers(domain: String?, SPFPrefix)
        case pointer(domain: String?)
        case network(IPAddress, bits: Int)
        case exists(String)
    }

    let directives: [Directive]
    let redirect: String?

    struct Malformed: Error {}

    /// Whether a TXT record is one (section 4.5).
    static func isRecord(_ text: String) -> Bool {
        let lower = text.lowercased()
        return lower == "v=spf1" || lower.hasPrefix("v=spf1 ")
    }

    init(_ text: String) throws(Malformed) {
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { throw Malformed() }
        var directives: [Directive] = []
        var redirect: String?
        var explanation: String?
        for term in text.split(separator: " ").dropFirst() {
            if let (name, value) = Self.modifier(term) {
                switch name {
                case "redirect":
                    guard redirect == nil else { throw Malformed() }
                    redirect = try Self.domain(value)
                case "exp":
                    guard explanation == nil else { throw Malformed() }
                    explanation = try Self.domain(value)
                default: guard SPFMacro.isMacroString(value) else { throw Malformed() }
                }
            } else {
                directives.append(try Self.directive(term))
            }
        }
        self.directives = directives
        self.redirect = redirect
    }

    private static func modifier(_ term: Substring) -> (name: String, value: Substring)? {
        guard let equals = term.firstIndex(of: "=") else { return nil }
        let name = term[..<equals]
        guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7a,
            name.utf8.allSatisfy({ isNameOctet($0) })
        else { return nil }
        return (name.lowercased(), term[term.index(after: equals)...])
    }

    private static func isNameOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private static func directive(_ term: Substring) throws(Malformed) -> Directive {
        var rest = term
        var result = SPFResult.pass
        switch term.first {
        case "+": rest = rest.dropFirst()
        case "-":
            result = .fail
            rest = rest.dropFirst()
        case "~":
            result = .softfail
            rest = rest.dropFirst()
        case "?":
            result = .neutral
            rest = rest.dropFirst()
        default: break
        }
        let name = rest.prefix { $0 != ":" && $0 != "/" }
        return Directive(result: result, mechanism: try mechanism(name.lowercased(), rest.dropFirst(name.count)))
    }

    /// - Parameter arguments: what follows the name, with its `:` or `/`.
    private static func mechanism(_ name: String, _ arguments: Substring) throws(Malformed) -> Mechanism {
        switch name {
        case "all":
            guard arguments.isEmpty else { throw Malformed() }
            return .all
        case "include": return .include(try domain(try required(arguments)))
        case "exists": return .exists(try domain(try required(arguments)))
        case "ptr": return .pointer(domain: arguments.isEmpty ? nil : try domain(try required(arguments)))
        case "a", "mx":
            let (named, prefix) = try SPFPrefix.split(arguments)
            let target = named.isEmpty ? nil : try domain(try required(named))
            return name == "a" ? .address(domain: target, prefix) : .exchangers(domain: target, prefix)
        case "ip4", "ip6": return try network(try required(arguments), isIPv6: name == "ip6")
        default: throw Malformed()
        }
    }

    private static func required(_ arguments: Substring) throws(Malformed) -> Substring {
        guard arguments.first == ":", arguments.count > 1 else { throw Malformed() }
        return arguments.dropFirst()
    }

    private static func network(_ text: Substring, isIPv6: Bool) throws(Malformed) -> Mechanism {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])), address.isIPv6 == isIPv6 else {
            throw Malformed()
        }
        let most = isIPv6 ? 128 : 32
        let bits = parts.count == 2 ? try SPFPrefix.bits(parts[1], most: most) : most
        return .network(address, bits: bits)
    }

    /// A domain-spec: a macro string that ends with a label of letters or with a macro.
    private static func domain(_ text: Substring) throws(Malformed) -> String {
        guard !text.isEmpty, SPFMacro.isMacroString(text) else { throw Malformed() }
        if text.last == "}" || text.hasSuffix("%%") || text.hasSuffix("%_") || text.hasSuffix("%-") {
            guard text.last == "}" else { throw Malformed() }
            return String(text)
        }
        let trimmed = text.hasSuffix(".") ? text.dropLast() : text
        guard let dot = trimmed.lastIndex(of: ".") else { throw Malformed() }
        let label = trimmed[trimmed.index(after: dot)...].utf8
        let isTop =
            !label.isEmpty && label.first != 0x2d && label.last != 0x2d
            && label.allSatisfy { isNameOctet($0) && $0 != 0x2e && $0 != 0x5f }
            && !label.allSatisfy { (0x30...0x39).contains($0) }
        guard isTop else { throw Malformed() }
        return String(text)
    }
}

/// The lengths behind an `a` or `mx`: `/24`, `//64`, `/24//64`.
struct SPFPrefix: Hashable {
    var four = 32
    var six = 128

    /// The domain in front with its colon, and the lengths.
    static func split(_ text: Substring) throws(SPFRecord.Malformed) -> (Substring, SPFPrefix) {
        var prefix = SPFPrefix()
        var rest = text
        // A slash with anything but digits behind it belongs to the domain.
        if let six = number(behind: "//", in: rest) {
            prefix.six = try bits(six, most: 128)
            rest = rest.dropLast(six.count + 2)
        }
        if let four = number(behind: "/", in: rest) {
            prefix.four = try bits(four, most: 32)
            rest = rest.dropLast(four.count + 1)
        }
        return (rest, prefix)
    }

    private static func number(behind mark: String, in text: Substring) -> Substring? {
        let digits = text.reversed().prefix { $0.isASCII && $0.isNumber }.count
        return digits > 0 && text.dropLast(digits).hasSuffix(mark) ? text.suffix(digits) : nil
    }

    static func bits(_ text: Substring, most: Int) throws(SPFRecord.Malformed) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(text), bits <= most,
            text == "0" || !text.hasPrefix("0")
        else { throw SPFRecord.Malformed() }
        return bits
    }
}
