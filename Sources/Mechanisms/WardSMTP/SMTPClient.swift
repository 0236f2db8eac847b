// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import NIOSSL
import Synchronization
package import WardKernel
package import WardTrust

/// Hands messages to other servers over SMTP (RFC 5321) and TLS (RFC 3207), and keeps connections for the next message.
package final class SMTPClient: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Open connections to one server; further deliveries wait for one. More than one domain may have at once
        /// (`concurrencyPerDestination`), since a provider's servers take the mail of many.
        package var connectionsPerServer = 50
        /// Messages over one connection before it is closed.
        package var messagesPerConnection = 500

        package init() {}
    }

    private let heloName: String
    private let verifier: CertificateVerifier
    private let timeouts: SMTPTimeouts
    private let pool: SMTPConnectionPool
    private let group: MultiThreadedEventLoopGroup
    /// nil: the TLS library could not be set up, so nothing can be sent under the usual policy.
    private let tls: NIOSSLContext?
    /// Servers that offered CHUNKING and refused BDAT; they get DATA as long as this client lives.
    private let withoutChunking = Mutex<Set<SMTPConnectionPool.Key>>([])

    /// - Parameters:
    ///   - heloName: this server's own name, for EHLO; anything but letters, digits, dots and hyphens is left out.
    ///   - roots: whose certificates are believed.
    package init(
        heloName: String,
        roots: TrustRoots = .system,
        surroundings: Surroundings,
        timeouts: SMTPTimeouts = .standard,
        limits: Limits = Limits()
    ) {
        self.heloName = String(heloName.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") })
        self.timeouts = timeouts
        verifier = CertificateVerifier(roots: roots, surroundings: surroundings)
        pool = SMTPConnectionPool(limits: limits)
        group = MultiThreadedEventLoopGroup.singleton
        // Without a context every attempt ends as `notProtected`: see `open`.
        tls = try? TLSContext.make()
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
        let key = SMTPConnectionPool.Key(endpoint, policy)
        while true {
            switch await connection(to: endpoint, key, timeouts) {
            case .failed(let outcome): return Self.named(outcome, transaction)
            case .ready(let connection):
                let isReused = connection.messages.load(ordering: .relaxed) > 0
                let outcome = await send(transaction, over: connection, beforeFinalDot)
                pool.giveBack(connection, key)
                if case .transient(let failure, _) = outcome, failure.cause == .chunkingRefused {
                    withoutChunking.withLock { _ = $0.insert(key) }
                }
                // The server ended the connection while it lay idle: nothing was said yet, so a new one tells more.
                if isReused, Self.isStale(outcome), !Task.isCancelled { continue }
                return outcome.changing { $0.isReused = isReused }
            }
        }
    }

    /// Connects, speaks EHLO and STARTTLS, verifies the certificate, and leaves: what TLS proves about `endpoint`, without
    /// a message, and without much patience (`SMTPTimeouts.look`). The connection is kept for a message that follows.
    package func probe(_ endpoint: SMTPEndpoint) async -> SMTPProbe {
        let key = SMTPConnectionPool.Key(endpoint, .requireVerifiedTLS)
        switch await connection(to: endpoint, key, timeouts.forLooking) {
        case .ready(let connection):
            let evidence = connection.attempt?.tls
            pool.giveBack(connection, key)
            return evidence.map { .protected($0) } ?? .notProtected(.handshakeFailed)
        case .failed(.notProtected(let failure, _)): return .notProtected(failure)
        case .failed(.transient(let failure, _)), .failed(.permanent(let failure, _)),
            .failed(.inDoubt(let failure, _)):
            return .unknown(failure)
        case .failed(.delivered): return .unknown(SMTPFailure(.protocolError("delivered while opening"), at: .connect))
        }
    }

    /// Closes every connection; a delivery under way ends as `transient`, or `inDoubt` after its final dot.
    package func close() async { pool.close() }

    private func connection(
        to endpoint: SMTPEndpoint,
        _ key: SMTPConnectionPool.Key,
        _ timeouts: SMTPTimeouts
    ) async -> SMTPConnection.Opened {
        switch await pool.lease(key) {
        case .open(let connection): return .ready(connection)
        case .refused:
            let attempt = SMTPAttempt(host: endpoint.name)
            return .failed(.transient(SMTPFailure(.cancelled, at: .connect), attempt))
        case .mayOpen:
            let opened = await open(endpoint, key, timeouts)
            switch opened {
            case .ready(let connection): pool.opened(connection, key)
            case .failed: pool.notOpened(key)
            }
            return opened
        }
    }

    private func open(
        _ endpoint: SMTPEndpoint,
        _ key: SMTPConnectionPool.Key,
        _ timeouts: SMTPTimeouts
    ) async -> SMTPConnection.Opened {
        let policy = key.policy
        guard let tls else { return .failed(.notProtected(.handshakeFailed, SMTPAttempt(host: endpoint.name))) }
        var opening = SMTPConnection.Opening(
            endpoint: endpoint,
            policy: policy,
            avoidsChunking: withoutChunking.withLock { $0.contains(key) },
            heloName: heloName,
            timeouts: timeouts,
            tls: tls,
            verifier: verifier
        )
        let opened = await SMTPConnection.open(opening, group: group)
        // RFC 7435: what may go in the clear is not kept from a server whose TLS does not work. A connection on which a
        // handshake was begun is of no more use, so this takes another one.
        guard case .failed(.notProtected(.handshakeFailed, _)) = opened, policy == .opportunistic,
            endpoint.credentials == nil, !Task.isCancelled
        else { return opened }
        opening.avoidsTLS = true
        return await SMTPConnection.open(opening, group: group)
    }

    private func send(
        _ transaction: SMTPTransaction,
        over connection: SMTPConnection,
        _ beforeFinalDot: @Sendable (SMTPAttempt) async throws -> Void
    ) async -> SMTPOutcome {
        var report = await connection.begin(transaction)
        if case .awaitingFinalDot(let attempt) = report {
            do {
                try await beforeFinalDot(attempt)
                report = await connection.finish()
            } catch {
                report = await connection.withhold()
            }
        }
        if case .ended(let outcome) = report { return outcome }
        let attempt = connection.attempt ?? SMTPAttempt(host: "")
        return .inDoubt(SMTPFailure(.protocolError("the dialogue lost its place"), at: .finalDot), attempt)
    }

    /// An attempt that ended before its transaction still has a result for each recipient.
    private static func named(_ outcome: SMTPOutcome, _ transaction: SMTPTransaction) -> SMTPOutcome {
        outcome.changing { $0.recipients = transaction.recipients.map { _ in .notTried } }
    }

    private static func isStale(_ outcome: SMTPOutcome) -> Bool {
        guard case .transient(let failure, _) = outcome, failure.stage == .mail else { return false }
        switch failure.cause {
        case .connectionLost: return true
        case .refused(let reply): return reply.code == 421
        default: return false
        }
    }
}

/// What a look at a server showed.
package enum SMTPProbe: Sendable, Hashable {
    case protected(TLSEvidence)
    case notProtected(ProtectionFailure)
    /// It could not be reached or did not get as far.
    case unknown(SMTPFailure)
}
