// SPDX-License-Identifier: Apache-2.0
//
// Address literals: RFC 4291 section 2.2 (IPv6 text forms), dotted decimal for IPv4.

import Glibc

/// One address of a host, in network byte order: 4 octets for IPv4, 16 for IPv6.
package struct IPAddress: Hashable, Sendable {
    package let octets: [UInt8]

    /// Takes exactly 4 or 16 octets; anything else is nil.
    package init?(octets: [UInt8]) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        self.octets = octets
    }

    /// Reads `192.0.2.1` or `2001:db8::1`; a name, a zone index or brackets are nil.
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            octets = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            octets = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
    }

    package var isIPv6: Bool { octets.count == 16 }

    package static let loopback = IPAddress(unchecked: [127, 0, 0, 1])

    private init(unchecked octets: [UInt8]) { self.octets = octets }
}

extension IPAddress: CustomStringConvertible {
    /// The literal, as `inet_ntop` writes it.
    package var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = isIPv6 ? AF_INET6 : AF_INET
        let written = octets.withUnsafeBytes { source in
            inet_ntop(family, source.baseAddress, &buffer, socklen_t(buffer.count)) != nil
        }
        guard written else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
