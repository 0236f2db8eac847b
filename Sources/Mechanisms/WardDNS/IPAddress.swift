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

extension IPAddress {
    /// The name under which its own name is looked up (RFC 1035 section 3.5, RFC 3596 section 2.5).
    package var reverseName: String {
        guard isIPv6 else { return octets.reversed().map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa" }
        let digits = octets.flatMap { [$0 >> 4, $0 & 15] }.reversed()
        return digits.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
    }

    /// Whether both are of one family and share so many leading bits.
    package func shares(_ bits: Int, with other: IPAddress) -> Bool {
        guard octets.count == other.octets.count else { return false }
        for index in octets.indices {
            let left = bits - index * 8
            if left <= 0 { return true }
            let mask: UInt8 = left >= 8 ? 0xff : ~(0xff >> UInt8(left))
            if octets[index] & mask != other.octets[index] & mask { return false }
        }
        return true
    }

    /// The IPv4 address that an IPv4-mapped IPv6 address stands for (RFC 4291 section 2.5.5.2); else the address itself.
    package var unmapped: IPAddress {
        guard isIPv6, octets[..<10].allSatisfy({ $0 == 0 }), octets[10] == 0xff, octets[11] == 0xff else { return self }
        return IPAddress(octets: Array(octets[12...])) ?? self
    }

    /// Whether it can be a server that strangers reach: not this host, a private network, a link, a group of hosts, or
    /// reserved (RFC 6890). An IPv6 address that stands for an IPv4 address is as global as that.
    package var isGlobal: Bool {
        if let inner = embedded { return inner.isGlobal }
        return isIPv6 ? isGlobalIPv6 : isGlobalIPv4
    }

    private var isGlobalIPv4: Bool {
        switch (octets[0], octets[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168): false
        // Shared by providers (RFC 6598), of the protocol itself, for benchmarks.
        case (100, 64...127), (198, 18...19): false
        case (192, 0): octets[2] != 0
        // Groups, and what is reserved.
        case (224...255, _): false
        default: true
        }
    }

    private var isGlobalIPv6: Bool {
        // `::` and `::1`, which stand for nothing else.
        if octets.dropLast().allSatisfy({ $0 == 0 }) { return false }
        switch octets[0] {
        // Unique local, groups.
        case 0xfc, 0xfd, 0xff: return false
        // Link-local and the former site-local.
        case 0xfe: return octets[1] & 0x80 == 0
        default: return true
        }
    }

    /// The IPv4 address in a mapped (RFC 4291), translated (RFC 6052) or 6to4 (RFC 3056) address.
    private var embedded: IPAddress? {
        guard isIPv6 else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if octets.starts(with: mapped) || octets.starts(with: translated) {
            return IPAddress(octets: Array(octets[12...]))
        }
        return octets.starts(with: [0x20, 0x02]) ? IPAddress(octets: Array(octets[2..<6])) : nil
    }
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
