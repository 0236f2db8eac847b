// SPDX-License-Identifier: Apache-2.0

import NIOPosix
package import WardKernel
package import WardTrust

/// Hands messages to other servers over SMTP (RFC 5321) and TLS (RFC 3207), and keeps connections for the next message.
package final class SMTPClient: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Open connections to one server; further deliveries wait for one.
        package var connectionsPerServer = 20
        /// Messages over one connection before it is closed.
        package var messagesPerConnection = 500

        package init() {}
    }

    let heloName: String

    /// - Parameters:
    ///   - heloName: this server's own name, for EHLO.
    ///   - roots: whose certificates are believed.
    package init(
        heloName: String,
        roots: TrustRoots = .system,
        surroundings: Surroundings,
        timeouts: SMTPTimeouts = .standard,
        limits: Limits = Limits()
    ) {
        self.heloName = heloName
    }

    /// Makes one attempt to hand `transaction` to `endpoint`. Never throws: every way to end is an outcome.
    ///
    /// - Parameter beforeFinalDot: called once, when every recipient has been answered for and before the final dot is
    ///   written, with what is known so far (which recipients were accepted, what TLS proved). It commits "may have been
    ///   sent" (reliability.md B2, rule 1). When it throws, the message is abandoned unsent: `transient` with `withheld`.
    package func deliver(
        _ transaction: SMTPTransaction,
        to endpoint: SMTPEndpoint,
        policy: TransportPolicy = .requireVerifiedTLS,
        beforeFinalDot: @Sendable (SMTPAttempt) async throws -> Void
    ) async -> SMTPOutcome {
        .transient(SMTPFailure(.cancelled, at: .connect), SMTPAttempt(host: endpoint.name))
    }

    /// Connects, speaks EHLO and STARTTLS, verifies the certificate, and leaves: what TLS proves about `endpoint`, without
    /// a message. The connection is kept for a message that follows.
    package func probe(_ endpoint: SMTPEndpoint) async -> SMTPProbe {
        .unknown(SMTPFailure(.cancelled, at: .connect))
    }

    /// Closes every connection; a delivery under way ends as `transient`, or `inDoubt` after its final dot.
    package func close() async {}
}

/// What a look at a server showed.
package enum SMTPProbe: Sendable, Hashable {
    case protected(TLSEvidence)
    case notProtected(ProtectionFailure)
    /// It could not be reached or did not get as far.
    case unknown(SMTPFailure)
}
