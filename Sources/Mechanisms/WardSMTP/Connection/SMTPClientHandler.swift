// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS
import WardTrust

/// What a connection tells the task that waits for it.
enum SMTPConnectionReport: Sendable {
    /// The handshake waits for a verdict on this chain (DER, the server's own certificate first).
    case certificates([[UInt8]])
    case ready
    case awaitingFinalDot(SMTPAttempt)
    case ended(SMTPOutcome)
}

/// Carries out what the session says, on the connection's event loop.
final class SMTPClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A body smaller than this goes out together with its final dot, in one write.
    private static let heldBody = 32_768

    private(set) var session: SMTPSession
    private let endpointName: String
    private let timeouts: SMTPTimeouts
    private let tls: NIOSSLContext
    private var waiter: EventLoopPromise<SMTPConnectionReport>?
    private var lastEnd: SMTPOutcome?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var body = ByteBuffer()
    /// The same without stuffed dots.
    private var plainBody = ByteBuffer()
    /// The body is too large to wait in memory with its dot: the report about it waits until the network has it, so that a
    /// server that does not read is silent in the body and not after the dot.
    private var bodyInFlight: EventLoopFuture<Void>?
    private var verification: EventLoopPromise<NIOSSLVerificationResult>?
    private var evidence: TLSEvidence?
    private var problem: TrustProblem?
    private let observer = CipherObserver()
    private var tlsHandler: NIOSSLClientHandler?

    init(
        session: SMTPSession,
        endpointName: String,
        timeouts: SMTPTimeouts,
        tls: NIOSSLContext,
        waiter: EventLoopPromise<SMTPConnectionReport>
    ) {
        self.session = session
        self.endpointName = endpointName
        self.timeouts = timeouts
        self.tls = tls
        self.waiter = waiter
    }

    // MARK: What the connection says

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(session.connectionEnded())
        timer?.cancel()
        self.context = nil
    }

    /// Begins the dialogue on a channel that is connected and does not read yet.
    func start() {
        perform(session.connected())
        guard let context else { return }
        context.channel.setOption(.autoRead, value: true).assumeIsolated().whenFailure { _ in
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        perform(session.received(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(session.connectionEnded())
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.handshakeCompleted) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Without evidence nobody judged the certificate, so nothing may be believed.
        guard let evidence else { return perform(session.handshakeFailed(.handshakeFailed)) }
        perform(session.secured(evidence))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if session.state == .handshake {
            perform(session.handshakeFailed(problem.map { .untrusted($0) } ?? .handshakeFailed))
        } else {
            perform(session.connectionEnded())
        }
        context.close(promise: nil)
    }

    // MARK: What the client says

    /// Hands the next report to `promise`, then takes the input; an ended session repeats its end.
    func expect(
        _ promise: EventLoopPromise<SMTPConnectionReport>,
        after input: (SMTPClientHandler) -> Void
    ) {
        waiter = promise
        input(self)
        if let waiter, case .closed = session.state {
            self.waiter = nil
            let lost = SMTPOutcome.transient(SMTPFailure(.connectionLost, at: session.stage), session.attempt)
            waiter.succeed(.ended(lastEnd ?? lost))
        }
    }

    func begin(_ envelope: SMTPSession.Envelope, _ message: SMTPMessage) {
        body = message.wire
        plainBody = message.plain
        bodyInFlight = nil
        lastEnd = nil
        perform(session.begin(envelope))
    }

    func finish() { perform(session.finish()) }

    func withhold() { perform(session.withhold()) }

    func quit() { perform(session.quit()) }

    /// The connection goes back to the pool.
    func rest() {
        guard session.isIdle else { return }
        schedule(timeouts.idle)
    }

    func cancel() {
        if session.state == .finalDot { schedule(timeouts.finalDotWhenCancelled) }
        perform(session.cancelled())
    }

    /// The verdict on the certificates that were reported: the handshake goes on, or breaks off with an alert.
    func judge(_ verdict: TrustVerdict, fingerprint: String) {
        let found = TLSEvidence(
            version: tlsHandler?.tlsVersion.map(Self.name) ?? "unknown",
            cipher: observer.cipher ?? "unknown",
            certificateFingerprint: fingerprint,
            verdict: verdict
        )
        session.attempt.tls = found
        let verification = self.verification
        self.verification = nil
        if case .untrusted(let problem) = verdict, session.mustTrust {
            self.problem = problem
            verification?.succeed(.failed)
            if session.state == .handshake { perform(session.handshakeFailed(.untrusted(problem))) }
        } else {
            evidence = found
            verification?.succeed(.certificateVerified)
        }
    }

    // MARK: What the session says

    private func perform(_ actions: [SMTPSession.Action]) {
        for action in actions {
            switch action {
            case .write(let text): write(text)
            case .writeBody: writeBody(body)
            case .writeChunk(let size):
                context?.write(wrapOutboundOut(ByteBuffer(string: "BDAT \(size)\r\n")), promise: nil)
                writeBody(plainBody)
            case .startTLS: startTLS()
            case .wait(let stage): schedule(limit(stage))
            case .stopWaiting:
                timer?.cancel()
                body = ByteBuffer()
                plainBody = ByteBuffer()
            case .report(.awaitingFinalDot(let attempt)): tellWhenWritten(attempt)
            case .report(let report): tell(report)
            case .close: context?.close(promise: nil)
            }
        }
    }

    private func tell(_ report: SMTPSession.Report) {
        if case .ended(let outcome) = report { lastEnd = outcome }
        guard let waiter else { return }
        self.waiter = nil
        switch report {
        case .ready: waiter.succeed(.ready)
        case .awaitingFinalDot(let attempt): waiter.succeed(.awaitingFinalDot(attempt))
        case .ended(let outcome): waiter.succeed(.ended(outcome))
        }
    }

    private func write(_ text: String) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
    }

    private func writeBody(_ octets: ByteBuffer) {
        guard let context else { return }
        if octets.readableBytes >= Self.heldBody {
            bodyInFlight = context.writeAndFlush(wrapOutboundOut(octets))
        } else {
            context.write(wrapOutboundOut(octets), promise: nil)
        }
        body = ByteBuffer()
        plainBody = ByteBuffer()
    }

    private func tellWhenWritten(_ attempt: SMTPAttempt) {
        guard let context, let bodyInFlight else { return tell(.awaitingFinalDot(attempt)) }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        // A write that fails ends the connection, and with it the attempt, by itself.
        bodyInFlight.whenSuccess {
            if handler.value.session.state == .body { handler.value.tell(.awaitingFinalDot(attempt)) }
        }
    }

    private func startTLS() {
        guard let context else { return }
        do {
            let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
            let client = try NIOSSLClientHandler(context: tls, serverHostname: endpointName) { certificates, promise in
                handler.value.verify(certificates, promise)
            }
            tlsHandler = client
            try context.pipeline.syncOperations.addHandlers([observer, client], position: .first)
        } catch {
            perform(session.handshakeFailed(.handshakeFailed))
        }
    }

    private func verify(_ certificates: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        // An unreadable certificate is left out, and a chain without it is judged: never better than with it.
        let chain = certificates.compactMap { try? $0.toDERBytes() }
        guard let waiter, session.state == .handshake else { return promise.succeed(.failed) }
        self.waiter = nil
        verification = promise
        waiter.succeed(.certificates(chain))
    }

    private func schedule(_ limit: Duration) {
        timer?.cancel()
        guard let context else { return }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            handler.value.perform(handler.value.session.timedOut())
        }
    }

    private func limit(_ stage: SMTPStage) -> Duration {
        switch stage {
        case .connect: timeouts.connect
        case .greeting: timeouts.greeting
        case .hello, .helloAgain, .startTLS: timeouts.hello
        case .handshake: timeouts.handshake
        case .authentication: timeouts.authentication
        case .mail: timeouts.mail
        case .recipient: timeouts.recipient
        case .data: timeouts.data
        case .body: timeouts.body
        case .finalDot: timeouts.finalDot
        case .quit: timeouts.quit
        }
    }

    private static func name(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        default: "older than TLSv1.2"
        }
    }
}
