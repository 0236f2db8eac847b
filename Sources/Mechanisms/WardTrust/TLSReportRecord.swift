// SPDX-License-Identifier: Apache-2.0
//
// The TXT record `_smtp._tls.DOMAIN` (RFC 8460 section 3): where the domain's owner wants reports about TLS. Strangers write it:
// what does not follow the grammar is no record, and an address that cannot be used is left out.

package import WardKernel

/// Where reports about a domain go.
package struct TLSReportRecord: Sendable, Hashable {
    package enum Endpoint: Sendable, Hashable {
        case mail(EmailAddress)
        /// By POST over verified TLS.
        case web(WebRequest)
    }

    /// Octets of a record; a longer one is none.
    static let longestText = 4_096
    /// Addresses of one record that are looked at.
    static let mostEndpoints = 10

    /// In the order in which they are published; those that cannot be used are missing, so that it may be empty.
    package let endpoints: [Endpoint]

    /// The one record of this kind among a name's texts; nil without one, and with several (RFC 8460 section 3).
    package static func find(in texts: [String]) -> TLSReportRecord? {
        let records = texts.filter { text in
            text.hasPrefix("v=TLSRPTv1") && [";", " ", "\t"].contains(text.dropFirst(10).prefix(1))
        }
        return records.count == 1 ? TLSReportRecord(records[0]) : nil
    }

    /// Reads a record: the version, then fields `name=value` between semicolons, one of them `rua`. Nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longestText, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 9 })
        else {
            return nil
        }
        var fields = text.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
        guard fields.removeFirst() == "v=TLSRPTv1" else { return nil }
        if fields.last?.isEmpty == true { fields.removeLast() }
        var addresses: Substring?
        for field in fields {
            guard let equals = field.firstIndex(of: "="), Self.isName(field[..<equals]) else { return nil }
            let value = field[field.index(after: equals)...]
            guard !value.isEmpty else { return nil }
            guard field[..<equals] == "rua" else {
                guard Self.isExtension(value) else { return nil }
                continue
            }
            guard addresses == nil else { return nil }
            addresses = value
        }
        guard let addresses else { return nil }
        endpoints = addresses.split(separator: ",").prefix(Self.mostEndpoints)
            .compactMap { Self.endpoint(Self.trimmed($0)) }
    }

    private static func endpoint(_ address: Substring) -> Endpoint? {
        let colon = address.firstIndex(of: ":") ?? address.endIndex
        switch address[..<colon].lowercased() {
        case "mailto":
            // Headers that the address asks for are nobody's to set here.
            let mailbox = address[colon...].dropFirst()
            return mailbox.contains("?") || mailbox.contains("%") ? nil : EmailAddress(mailbox).map { .mail($0) }
        case "https": return WebRequest(secure: String(address)).map { .web($0) }
        default: return nil
        }
    }

    /// A letter or digit, then at most 31 letters, digits, hyphens, underscores or dots.
    private static func isName(_ name: Substring) -> Bool {
        func isLetterOrDigit(_ octet: UInt8) -> Bool {
            switch octet {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: false
            }
        }
        guard let first = name.utf8.first, isLetterOrDigit(first), name.utf8.count <= 32 else { return false }
        return name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f }
    }

    /// Printable, without equals sign, space or semicolon.
    private static func isExtension(_ value: Substring) -> Bool {
        value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3d && $0 != 0x3b }
    }

    /// Without spaces and tabs at either end.
    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return rest
    }
}
