// SPDX-License-Identifier: Apache-2.0
//
// Which hosts take a domain's mail: RFC 5321 section 5.1 (order, implicit MX), RFC 7505 (null MX),
// RFC 5321 section 2.3.5 (an MX names a host, never an address).

package import WardKernel

/// One host that takes mail for a domain, with the addresses to connect to.
package struct MailHost: Sendable, Hashable {
    /// The name in the MX record, or the domain itself without one: what the certificate must show.
    package let name: String
    package let preference: UInt16
    /// IPv6 first; never empty.
    package let addresses: [IPAddress]
    /// Whether DNSSEC proves both the MX and the addresses.
    package let isSecure: Bool

    package init(name: String, preference: UInt16, addresses: [IPAddress], isSecure: Bool = false) {
        self.name = name
        self.preference = preference
        self.addresses = addresses
        self.isSecure = isSecure
    }
}

/// Where a domain's mail goes.
package enum MailHostDecision: Sendable, Equatable {
    /// In the order in which to try them; never empty.
    case hosts([MailHost])
    /// The domain says that it takes no mail (null MX, RFC 7505): a permanent failure (556, 5.1.10).
    case takesNoMail
    /// The domain does not exist, or has neither MX nor address: a permanent failure (5.1.2).
    case noSuchDomain
    /// No answer now, bogus DNSSEC included: try later, and never with less protection.
    case temporaryFailure(DNSFailure)
    /// The MX records name nothing that can be used: address literals, names that do not exist, or this host itself.
    case unusable(MailHostProblem)
}

package enum MailHostProblem: String, Sendable, Hashable {
    /// Every MX is an address literal or not a host name.
    case notHostNames = "not_host_names"
    /// This server is the best MX of the domain, so mail would come back to it.
    case leadsBackHere = "leads_back_here"
    /// None of the hosts has an address.
    case noAddresses = "no_addresses"
    /// Every address is this host's or one of a private network: a stranger's record must not lead mail there.
    case privateAddresses = "private_addresses"
}

/// Finds the hosts that take a domain's mail.
package struct MailHostFinder: Sendable {
    /// MX records beyond this many are not looked at.
    static let limit = 20

    private let resolver: any Resolver
    private let surroundings: Surroundings
    private let ownNames: Set<String>
    private let allowsPrivateAddresses: Bool

    /// - Parameters:
    ///   - ownNames: the names of this server, lower case; an MX that is one of them, or is no better than one, is left out.
    ///   - allowsPrivateAddresses: for a resolver whose answers are one's own, never for the public DNS.
    package init(
        resolver: any Resolver,
        surroundings: Surroundings,
        ownNames: Set<String> = [],
        allowsPrivateAddresses: Bool = false
    ) {
        self.resolver = resolver
        self.surroundings = surroundings
        self.ownNames = ownNames
        self.allowsPrivateAddresses = allowsPrivateAddresses
    }

    /// Looks up the MX records of `domain`, then the addresses of each host, and orders them by preference; hosts of
    /// equal preference come in random order.
    package func mailHosts(of domain: String) async -> MailHostDecision {
        switch await resolver.mailExchangers(of: domain) {
        case .found(let exchangers, let isSecure):
            await hosts(from: exchangers, isSecure: isSecure)
        case .noData(let isSecure):
            await hosts(from: [MailExchanger(preference: 0, host: domain)], isSecure: isSecure, isImplicit: true)
        case .noSuchDomain: .noSuchDomain
        case .temporaryFailure(let failure): .temporaryFailure(failure)
        case .bogus: .temporaryFailure(.bogus)
        }
    }

    private func hosts(
        from exchangers: [MailExchanger],
        isSecure: Bool,
        isImplicit: Bool = false
    ) async -> MailHostDecision {
        if exchangers.allSatisfy(\.host.isEmpty) { return .takesNoMail }
        let named = exchangers.filter { Self.isHostName($0.host) }
        if named.isEmpty { return .unusable(.notHostNames) }
        let own = named.filter { ownNames.contains($0.host) }.map(\.preference).min()
        let usable = named.filter { exchanger in own.map { exchanger.preference < $0 } ?? true }
        if usable.isEmpty { return .unusable(.leadsBackHere) }
        var found: [MailHost] = []
        var failure: DNSFailure?
        var isPrivate = false
        for exchanger in ordered(usable).prefix(Self.limit) {
            switch await resolver.addresses(of: exchanger.host) {
            case .found(let all, let isAddressSecure):
                let addresses = allowsPrivateAddresses ? all : all.filter(\.isGlobal)
                isPrivate = isPrivate || addresses.isEmpty
                if addresses.isEmpty { continue }
                found.append(
                    MailHost(
                        name: exchanger.host,
                        preference: exchanger.preference,
                        addresses: addresses,
                        isSecure: isSecure && isAddressSecure
                    )
                )
            case .temporaryFailure(let reason): failure = failure ?? reason
            case .bogus: failure = .bogus
            case .noSuchDomain, .noData: continue
            }
        }
        if !found.isEmpty { return .hosts(found) }
        if let failure { return .temporaryFailure(failure) }
        if isPrivate { return .unusable(.privateAddresses) }
        return isImplicit ? .noSuchDomain : .unusable(.noAddresses)
    }

    /// By preference; among equals by a random key, so that the load spreads (RFC 5321 section 5.1).
    private func ordered(_ exchangers: [MailExchanger]) -> [MailExchanger] {
        let random = surroundings.randomBytes(exchangers.count * 2)
        let keyed = exchangers.enumerated().map { index, exchanger in
            (exchanger, UInt16(random[index * 2]) << 8 | UInt16(random[index * 2 + 1]))
        }
        return keyed.sorted { ($0.0.preference, $0.1) < ($1.0.preference, $1.1) }.map(\.0)
    }

    /// Letters, digits, hyphens and underscores in labels of 1 to 63 octets, not an address.
    static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count), IPAddress(text) == nil else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy {
                    switch $0 {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                    default: false
                    }
                }
        } && text.contains { $0.isLetter }
    }
}
