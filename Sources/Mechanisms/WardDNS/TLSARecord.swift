// SPDX-License-Identifier: Apache-2.0

/// One TLSA record (RFC 6698 section 2.1) as it stands in the zone; what can be used of it is judged by WardTrust.
package struct TLSARecord: Sendable, Hashable {
    /// 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE.
    package let usage: UInt8
    /// 0 the whole certificate, 1 its public key (SubjectPublicKeyInfo).
    package let selector: UInt8
    /// 0 the octets themselves, 1 their SHA-256, 2 their SHA-512.
    package let matching: UInt8
    package let association: [UInt8]

    package init(usage: UInt8, selector: UInt8, matching: UInt8, association: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.association = association
    }

    /// Reads record data; nil when it is shorter than its three fixed octets.
    init?(data: [UInt8]) {
        guard data.count >= 3 else { return nil }
        self.init(usage: data[0], selector: data[1], matching: data[2], association: Array(data[3...]))
    }
}
