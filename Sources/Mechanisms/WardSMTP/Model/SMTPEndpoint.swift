// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardKernel
package import WardTrust

/// A server to hand a message to: a domain's MX host, or the host of a route.
package struct SMTPEndpoint: Sendable, Hashable {
    /// The name the certificate must show, sent as SNI; also the name in evidence.
    package var name: String
    /// Tried in the manner of RFC 8305 (IPv6 first, IPv4 soon after); never empty.
    package var addresses: [IPAddress]
    package var port: Int
    /// AUTH PLAIN (RFC 4616), only ever given to a server that proved its name over TLS.
    package var credentials: SMTPCredentials?
    /// What its certificate is measured against; a connection that was proved in one way serves no other.
    package var demand: CertificateDemand

    package init(
        name: String,
        addresses: [IPAddress],
        port: Int = 25,
        credentials: SMTPCredentials? = nil,
        demand: CertificateDemand = .webPKI
    ) {
        self.name = name.lowercased()
        self.addresses = addresses
        self.port = port
        self.credentials = credentials
        self.demand = demand
    }

    package init(_ host: MailHost, port: Int = 25, demand: CertificateDemand = .webPKI) {
        self.init(name: host.name, addresses: host.addresses, port: port, demand: demand)
    }
}

package struct SMTPCredentials: Sendable, Hashable {
    package var user: Sensitive<String>
    package var password: Sensitive<String>

    package init(user: String, password: String) {
        self.user = Sensitive(user)
        self.password = Sensitive(password)
    }
}

/// What must hold before a single command about the message is written.
package enum TransportPolicy: Sendable, Hashable {
    /// TLS 1.2 or 1.3, AEAD, and a certificate that proves the endpoint's name. Otherwise nothing of the message leaves,
    /// MAIL FROM included.
    case requireVerifiedTLS
    /// TLS without a proof of the server's name: what unusable TLSA records ask for mail that is not protected otherwise
    /// (RFC 7672 section 2.2).
    case requireTLS
    /// TLS where offered, the clear otherwise: only for mail that a recorded, unwithdrawn request allows (rules.md 6.5).
    case opportunistic
}
