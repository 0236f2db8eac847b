// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import WardDNS
import WardKernel
import WardTrust

/// One open connection. Its functions are called by one delivery at a time.
final class SMTPConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<SMTPClientHandler>
    /// Messages begun on it.
    let messages = Atomic<Int>(0)
    /// What the opening proved.
    private let opened = Mutex<SMTPAttempt?>(nil)

    private init(channel: any Channel, handler: NIOLoopBound<SMTPClientHandler>) {
        self.channel = channel
        self.handler = handler
    }

    var isOpen: Bool { channel.isActive }
    var attempt: SMTPAttempt? { opened.withLock { $0 } }

    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in body() }
    }

    /// Begins a transaction: `awaitingFinalDot`, or `ended`.
    func begin(_ transaction: SMTPTransaction) async -> SMTPConnectionReport {
        messages.add(1, ordering: .relaxed)
        let envelope = SMTPSession.Envelope(
            returnPath: transaction.returnPath?.mailbox ?? "",
            recipients: transaction.recipients.map(\.mailbox),
            size: transaction.message.size,
            hasEightBitOctets: transaction.message.hasEightBitOctets,
            onward: transaction.onward,
            needsInternationalAddresses: transaction.needsInternationalAddresses,
            notification: transaction.notification
        )
        let message = transaction.message
        return await report { $0.begin(envelope, message) }
    }

    func finish() async -> SMTPConnectionReport { await report { $0.finish() } }
    func withhold() async -> SMTPConnectionReport { await report { $0.withhold() } }

    func rest() { onLoop { $0.rest() } }
    func quit() { onLoop { $0.quit() } }
    func cancel() { onLoop { $0.cancel() } }

    private func onLoop(_ body: @escaping @Sendable (SMTPClientHandler) -> Void) {
        let handler = self.handler
        channel.eventLoop.execute { body(handler.value) }
    }

    private func report(after input: @escaping @Sendable (SMTPClientHandler) -> Void) async -> SMTPConnectionReport {
        let promise = channel.eventLoop.makePromise(of: SMTPConnectionReport.self)
        return await withTaskCancellationHandler {
            onLoop { $0.expect(promise, after: input) }
            return await Self.value(of: promise.futureResult)
        } onCancel: {
            cancel()
        }
    }

    private static func value(of future: EventLoopFuture<SMTPConnectionReport>) async -> SMTPConnectionReport {
        do {
            return try await future.get()
        } catch {
            return .ended(.transient(SMTPFailure(.connectionLost, at: .connect), SMTPAttempt(host: "")))
        }
    }
}

// MARK: - Opening

extension SMTPConnection {
    /// What is needed to open a connection.
    struct Opening: Sendable {
        var endpoint: SMTPEndpoint
        var policy: TransportPolicy
        var avoidsTLS = false
        var avoidsChunking = false
        var heloName: String
        var timeouts: SMTPTimeouts
        var tls: NIOSSLContext
        var verifier: CertificateVerifier
    }

    enum Opened: Sendable {
        case ready(SMTPConnection)
        case failed(SMTPOutcome)
    }

    /// Connects and goes on until a message may be sent, or until it is clear that none may.
    static func open(_ opening: Opening, group: MultiThreadedEventLoopGroup) async -> Opened {
        let loop = group.next()
        let promise = loop.makePromise(of: SMTPConnectionReport.self)
        let connection: SMTPConnection
        do {
            connection = try await connect(opening, on: loop, reportingTo: promise)
        } catch {
            promise.succeed(.ready)
            return .failed(failure(opening, error))
        }
        var report = await withTaskCancellationHandler {
            await value(of: promise.futureResult)
        } onCancel: {
            connection.cancel()
        }
        while true {
            switch report {
            case .certificates(let chain):
                let verdict = await opening.verifier.verify(
                    chain,
                    for: opening.endpoint.name,
                    demand: opening.endpoint.demand
                )
                let fingerprint = CertificateVerifier.fingerprint(chain.first ?? [])
                report = await connection.report { $0.judge(verdict, fingerprint: fingerprint) }
            case .ready, .awaitingFinalDot:
                let attempt = await connection.currentAttempt()
                connection.opened.withLock { $0 = attempt }
                return .ready(connection)
            case .ended(let outcome): return .failed(outcome)
            }
        }
    }

    private func currentAttempt() async -> SMTPAttempt? {
        let handler = self.handler
        // The event loop runs as long as the process; without it there is no evidence, and none is claimed.
        return try? await channel.eventLoop.submit { handler.value.session.attempt }.get()
    }

    private static func connect(
        _ opening: Opening,
        on loop: any EventLoop,
        reportingTo promise: EventLoopPromise<SMTPConnectionReport>
    ) async throws -> SMTPConnection {
        let endpoint = opening.endpoint
        // RFC 8305 opens a channel for each address that is tried. None reads before one has won and has its handler.
        return try await ClientBootstrap(group: loop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connectTimeout(TimeAmount(opening.timeouts.connect))
            .resolver(GivenAddresses(addresses: endpoint.addresses, port: endpoint.port, loop: loop))
            .connect(host: endpoint.name, port: endpoint.port)
            .flatMapThrowing { channel in try install(opening, in: channel, reportingTo: promise) }
            .get()
    }

    /// On the channel's event loop.
    private static func install(
        _ opening: Opening,
        in channel: any Channel,
        reportingTo promise: EventLoopPromise<SMTPConnectionReport>
    ) throws -> SMTPConnection {
        var session = SMTPSession(
            heloName: opening.heloName,
            host: opening.endpoint.name,
            policy: opening.policy,
            credentials: opening.endpoint.credentials.map(argument),
            avoidsTLS: opening.avoidsTLS
        )
        session.avoidsChunking = opening.avoidsChunking
        session.attempt.address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        session.attempt.ownAddress = channel.localAddress?.ipAddress.flatMap { IPAddress($0) }
        let handler = SMTPClientHandler(
            session: session,
            endpointName: opening.endpoint.name,
            timeouts: opening.timeouts,
            tls: opening.tls,
            waiter: promise
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        handler.start()
        return SMTPConnection(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
    }

    /// The initial response of AUTH PLAIN (RFC 4616): nothing, user and password, each after a NUL.
    private static func argument(_ credentials: SMTPCredentials) -> String {
        credentials.user.expose(for: .transmitting) { user in
            credentials.password.expose(for: .transmitting) { password in
                Data([0] + Array(user.utf8) + [0] + Array(password.utf8)).base64EncodedString()
            }
        }
    }

    private static func failure(_ opening: Opening, _ error: any Error) -> SMTPOutcome {
        var cause = SMTPFailure.Cause.unreachable
        if case .some(.connectTimeout) = error as? ChannelError { cause = .timeout }
        return .transient(SMTPFailure(cause, at: .connect), SMTPAttempt(host: opening.endpoint.name))
    }
}

/// Answers for the name of an endpoint with the addresses that were looked up before.
private struct GivenAddresses: NIOPosix.Resolver {
    let addresses: [IPAddress]
    let port: Int
    let loop: any EventLoop

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture(sockets(isIPv6: false))
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture(sockets(isIPv6: true))
    }

    func cancelQueries() {}

    private func sockets(isIPv6: Bool) -> [SocketAddress] {
        addresses.filter { $0.isIPv6 == isIPv6 }.compactMap { address in
            // A literal that the socket layer cannot read is one address less to try.
            try? SocketAddress(ipAddress: address.description, port: port)
        }
    }
}
