// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// What one connection may cost. Each number has a reply of its own when it is reached.
package struct DialogueLimits: Sendable, Hashable {
    /// Octets of a command line with its CRLF: 512 by RFC 5321 section 4.5.3.1.4, more for the parameters of extensions.
    package var commandLine = 2_048
    /// Octets of a line in AUTH (RFC 4954 section 4).
    package var authenticationLine = 12_288
    /// Octets of one message, announced by SIZE (RFC 1870).
    package var message = 26_214_400
    /// Recipients of one message; RFC 5321 section 4.5.3.1.8 asks for 100 at least.
    package var recipients = 100
    /// Refused commands until the connection is closed.
    package var errors = 10
    /// Commands other than those of a message that is accepted.
    package var commands = 1_000
    /// Messages of one connection.
    package var messages = 100
    /// Wait for a command (RFC 5321 section 4.5.3.2.7: 5 minutes at least).
    package var commandPatience: Duration = .minutes(5)
    /// Wait for more of a message (section 4.5.3.2.5: 3 minutes).
    package var messagePatience: Duration = .minutes(3)

    package init() {}
}

/// What a listener offers and asks for.
package struct DialogueTerms: Sendable, Hashable {
    /// Who takes mail here.
    package enum Service: Sendable, Hashable {
        /// Port 25: from any server, for the addresses that Ward itself gave out.
        case incoming
        /// Ports 465 and 587: from accounts, over TLS alone (RFC 6409, RFC 8314).
        case submission
    }

    package var service: Service
    /// The name in the greeting and in EHLO.
    package var hostName: String
    /// Whether STARTTLS can be offered.
    package var offersTLS: Bool
    package var limits: DialogueLimits

    package init(
        service: Service,
        hostName: String,
        offersTLS: Bool,
        limits: DialogueLimits = DialogueLimits()
    ) {
        self.service = service
        self.hostName = hostName
        self.offersTLS = offersTLS
        self.limits = limits
    }
}
