// SPDX-License-Identifier: Apache-2.0
//
// Which certificates a domain's signed DNS allows its mail hosts: RFC 6698 (TLSA), RFC 7671 (operation), RFC 7672 (SMTP).
//
// - TLSA is looked up only where DNSSEC proves the host's MX and its addresses (RFC 7672 section 2.2): everything else an
//   attacker could have made up.
// - A look-up that fails, bogus answers included, is no absence: the host is not used now (RFC 7672 section 2.1.2).
// - Usages 0 and 1 (PKIX-TA, PKIX-EE) cannot be used with SMTP (RFC 7672 section 3.1.3).
// - Where records exist and none can be used, TLS is still a must, without a proof by DANE (RFC 7672 section 2.2): Ward's
//   protected mail then needs the Web PKI as ever.

package import WardDNS

/// What DNSSEC says about the certificate of one mail host.
package enum DANEFinding: Sendable, Hashable {
    /// The MX or the addresses are not signed: DANE says nothing about the host.
    case unsigned
    /// Signed, and proved to have no TLSA record.
    case noRecords
    /// The certificate must match one of these.
    case records(DANERecords)
    /// There are records, and none that can be used.
    case unusable
    /// No answer now; the host is not to be used meanwhile.
    case unavailable(DNSFailure)

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .unsigned: "unsigned"
        case .noRecords: "no_records"
        case .records: "records"
        case .unusable: "unusable"
        case .unavailable: "unavailable"
        }
    }

    /// Whether a connection without TLS must not be used, whatever the message.
    package var demandsTLS: Bool {
        switch self {
        case .records, .unusable, .unavailable: true
        case .unsigned, .noRecords: false
        }
    }
}

/// TLSA records that can be used, with the names that a certificate under a trust anchor must show.
package struct DANERecords: Sendable, Hashable {
    /// Never empty; usages 2 and 3 alone.
    package let records: [TLSARecord]
    /// Beside the host's own: the domain that the mail is for (RFC 7672 section 3.2.2).
    package let otherNames: [String]

    /// Keeps what can be used of `records`, and of records that differ only in their digest the stronger (RFC 7671
    /// section 9); nil when nothing is left.
    package init?(_ records: [TLSARecord], otherNames: [String] = []) {
        let usable = records.filter(Self.isUsable)
        let strongest = usable.filter { record in
            record.matching != 1
                || !usable.contains {
                    $0.usage == record.usage && $0.selector == record.selector && $0.matching == 2
                }
        }
        guard !strongest.isEmpty else { return nil }
        self.records = strongest
        self.otherNames = otherNames.map { $0.lowercased() }
    }

    private static func isUsable(_ record: TLSARecord) -> Bool {
        guard record.usage == 2 || record.usage == 3, record.selector <= 1 else { return false }
        return switch record.matching {
        case 0: !record.association.isEmpty
        case 1: record.association.count == 32
        case 2: record.association.count == 64
        default: false
        }
    }
}

/// Looks up what DNSSEC says about a host.
package struct DANEFinder: Sendable {
    private let resolver: any Resolver

    package init(resolver: any Resolver) { self.resolver = resolver }

    /// - Parameters:
    ///   - host: with `isSecure` as the look-up of MX and addresses left it.
    ///   - port: where it will be connected to.
    ///   - domain: what the mail is for.
    package func finding(of host: MailHost, port: Int, domain: String) async -> DANEFinding {
        guard host.isSecure else { return .unsigned }
        switch await resolver.certificateAssociations(of: "_\(port)._tcp.\(host.name)") {
        case .found(let records, isSecure: true):
            return DANERecords(records, otherNames: [domain]).map { .records($0) } ?? .unusable
        // RFC 7672 section 2.2: an insecure answer, a delegation without signature above all, is as none.
        case .found(_, isSecure: false): return .noRecords
        case .noSuchDomain, .noData: return .noRecords
        case .temporaryFailure(let failure): return .unavailable(failure)
        case .bogus: return .unavailable(.bogus)
        }
    }
}
