// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What attempts from one place are counted by: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
/// address of a /64 has all of them (RFC 4291 section 2.5.4).
enum NetworkPrefix {
    static func octets(of address: String) -> [UInt8] {
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return Array(address.utf8) }
        let octets = withUnsafeBytes(of: six) { Array($0) }
        let isMapped = octets[0..<10].allSatisfy { $0 == 0 } && octets[10] == 0xff && octets[11] == 0xff
        // ::ffff:192.0.2.7 is 192.0.2.7 on a socket for both families (RFC 4291 section 2.5.5.2).
        if isMapped { return Array(octets[12...].map { "\($0)" }.joined(separator: ".").utf8) }
        return Array(octets[0..<8])
    }
}
