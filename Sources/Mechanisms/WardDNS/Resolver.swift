// SPDX-License-Identifier: Apache-2.0

/// Looks names up. Given by constructor: `UnboundResolver` asks the DNS, `FixedResolver` answers from a table.
package protocol Resolver: Sendable {
    /// The IPv6 and IPv4 addresses of a host, IPv6 first.
    func addresses(of name: String) async -> DNSAnswer<IPAddress>
    /// The MX records of a domain, as they stand in the zone; `MailHostFinder` orders and checks them.
    func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger>
    /// The TXT records of a name, the strings of each joined.
    func texts(of name: String) async -> DNSAnswer<String>
    /// The TLSA records of a name such as `_25._tcp.mx.example` (RFC 7672 section 2.2).
    func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord>
    /// The host names that an address is said to have (PTR, RFC 1035 section 3.5), lower case.
    func names(of address: IPAddress) async -> DNSAnswer<String>
}

extension Resolver {
    /// A resolver that cannot look them up has no answer, so that nothing is taken for absent.
    package func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord> {
        .temporaryFailure(.resolverUnavailable)
    }

    /// The same for the names of an address.
    package func names(of address: IPAddress) async -> DNSAnswer<String> { .temporaryFailure(.resolverUnavailable) }
}

/// What a look-up found. `isSecure`: DNSSEC proves it (RFC 4035), the denials too.
package enum DNSAnswer<Record: Sendable & Equatable>: Sendable, Equatable {
    case found([Record], isSecure: Bool)
    /// NXDOMAIN: the name does not exist.
    case noSuchDomain(isSecure: Bool)
    /// The name exists and has no record of this type.
    case noData(isSecure: Bool)
    /// No answer now; a later look-up may have one.
    case temporaryFailure(DNSFailure)
    /// DNSSEC validation failed: treated as a temporary failure, never as the absence of anything.
    case bogus
}

/// Why a look-up has no answer.
package enum DNSFailure: String, Sendable, Hashable {
    /// The time allowed for one look-up was over.
    case timeout
    /// SERVFAIL, REFUSED or another failure of a name server.
    case serverFailure = "server_failure"
    /// An answer that cannot be read.
    case malformedAnswer = "malformed_answer"
    /// The resolver in this process failed or was stopped.
    case resolverUnavailable = "resolver_unavailable"
    /// DNSSEC validation failed.
    case bogus
}

/// One MX record (RFC 5321 section 5.1): lower preference is tried first.
package struct MailExchanger: Sendable, Hashable {
    package let preference: UInt16
    /// Lower case, without the final dot; empty for the null MX (RFC 7505).
    package let host: String

    package init(preference: UInt16, host: String) {
        self.preference = preference
        self.host = host.hasSuffix(".") ? String(host.dropLast()).lowercased() : host.lowercased()
    }
}
