// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import WardTestKit

/// A server over a real socket, with TLS, that is good until one stage and misbehaves there. It keeps every octet that came
/// before TLS, so that a test can say what was in the clear.
final class FaultPeer: Sendable {
    let port: Int
    private let channel: any Channel
    private let seen: Recorder

    /// Octets in the clear and lines under TLS, of all connections.
    final class Recorder: Sendable {
        let clear = Mutex<[UInt8]>([])
        let lines = Mutex<[String]>([])
    }

    var clear: String { String(decoding: seen.clear.withLock { $0 }, as: UTF8.self) }
    var lines: [String] { seen.lines.withLock { $0 } }

    private init(channel: any Channel, seen: Recorder) {
        self.channel = channel
        self.seen = seen
        port = channel.localAddress?.port ?? 0
    }

    /// What the peer does.
    struct Script: Sendable {
        var fault: Fault?
        var stage: FaultStage = .connect
        var certificate: TestCertificateAuthority.Signed
        var maximumTLS: TLSVersion?
        var offersTLS = true
        var offersChunking = false
        /// Written in the same segment as the answer to STARTTLS.
        var injection = ""
        var host = "127.0.0.1"
    }

    static func with<Result>(_ script: Script, _ body: (FaultPeer) async throws -> Result) async throws -> Result {
        let seen = Recorder()
        let tls = try context(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = FaultHandler(script, tls, seen)
                    try channel.pipeline.syncOperations.addHandlers([ClearRecorder(seen, handler), handler])
                }
            }
            .bind(host: script.host, port: 0).get()
        let peer = FaultPeer(channel: channel, seen: seen)
        do {
            let result = try await body(peer)
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    private static func context(_ script: Script) throws -> NIOSSLContext {
        let certificate = try NIOSSLCertificate(bytes: Array(script.certificate.pem.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(script.certificate.keyPEM.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate)],
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = script.maximumTLS
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Keeps what comes before the handshake.
private final class ClearRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let seen: FaultPeer.Recorder
    private let handler: FaultHandler

    init(_ seen: FaultPeer.Recorder, _ handler: FaultHandler) {
        self.seen = seen
        self.handler = handler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        // Under TLS these are records; they are kept all the same, and a test looks for text in them.
        seen.clear.withLock { $0 += Array(buffer.readableBytesView) }
        context.fireChannelRead(data)
    }
}

private final class FaultHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let script: FaultPeer.Script
    private let tls: NIOSSLContext
    private let seen: FaultPeer.Recorder
    private var received = ""
    private var isProtected = false
    private var isInBody = false
    private var isDeaf = false
    /// The answer to STARTTLS is out, and the fault waits for what the client says next.
    private var awaitsHandshake = false

    init(_ script: FaultPeer.Script, _ tls: NIOSSLContext, _ seen: FaultPeer.Recorder) {
        self.script = script
        self.tls = tls
        self.seen = seen
    }

    func channelActive(context: ChannelHandlerContext) { answer(at: .greeting, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        if awaitsHandshake {
            awaitsHandshake = false
            return misbehave(at: .handshake, context)
        }
        received += String(buffer: unwrapInboundIn(data))
        while !isDeaf, let end = received.range(of: "\r\n") {
            let line = String(received[..<end.lowerBound])
            received = String(received[end.upperBound...])
            take(line, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
    }

    private func take(_ line: String, _ context: ChannelHandlerContext) {
        if isProtected { seen.lines.withLock { $0.append(line) } }
        if isInBody {
            guard line == "." else { return }
            isInBody = false
            return answer(at: .finalDot, context)
        }
        switch line.prefix(4) {
        case "EHLO": answer(at: isProtected ? .helloAgain : .hello, context)
        case "STAR": answer(at: .startTLS, context)
        case "MAIL": answer(at: .mail, context)
        case "RCPT": answer(at: .recipient, context)
        case "DATA": answer(at: .data, context)
        case "QUIT": answer(at: .quit, context)
        default: write("500 5.5.1 what\r\n", context)
        }
    }

    private func answer(at stage: FaultStage, _ context: ChannelHandlerContext) {
        if script.fault != nil, script.stage == stage { return misbehave(at: stage, context) }
        switch stage {
        case .hello where !script.offersTLS: write("250 mx.test.example\r\n", context)
        case .startTLS:
            write("220 go\r\n" + script.injection, context)
            // After the client's first octets, never before them: what comes with the answer is dropped unread (RFC 3207).
            awaitsHandshake = script.stage == .handshake && script.fault != nil
            if !awaitsHandshake { protect(context) }
        case .helloAgain where script.offersChunking:
            write("250-mx.test.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n", context)
        case .data:
            isInBody = true
            write("354 go\r\n", context)
            if script.stage == .body, script.fault != nil { misbehave(at: .body, context) }
        default: write(Fault.answer(at: stage) + "\r\n", context)
        }
    }

    private func protect(_ context: ChannelHandlerContext) {
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .before(self))
            isProtected = true
        } catch {
            context.close(promise: nil)
        }
    }

    private func misbehave(at stage: FaultStage, _ context: ChannelHandlerContext) {
        guard let fault = script.fault else { return }
        // In the body it stops reading, so that a large one cannot be handed over.
        if stage == .body { context.channel.setOption(.autoRead, value: false).assumeIsolated().whenFailure { _ in } }
        if ![.transient, .permanent, .bareLineFeed].contains(fault) || stage == .body { isDeaf = true }
        switch fault {
        case .stall: break
        case .reset:
            // Closing with a linger of no time sends a reset.
            let channel = context.channel
            guard let options = channel as? any SocketOptionProvider else { return }
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        case .halfClose: context.channel.close(mode: .output, promise: nil)
        // Never the line end: a slow machine must not find the reply whole before its time is over.
        case .tarpit: drip(Array((fault.reply(at: stage) ?? "").utf8.dropLast(2)), context)
        default:
            write(fault.reply(at: stage) ?? "", context)
            goOn(after: fault, at: stage, context)
        }
    }

    /// A line that ends with LF alone is a good answer.
    private func goOn(after fault: Fault, at stage: FaultStage, _ context: ChannelHandlerContext) {
        guard fault == .bareLineFeed else { return }
        if stage == .startTLS { protect(context) }
        if stage == .data { isInBody = true }
    }

    /// One octet a second: fewer than a TLS record begins with before the time is over.
    private func drip(_ octets: [UInt8], _ context: ChannelHandlerContext) {
        guard let first = octets.first, context.channel.isActive else { return }
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: [first])), promise: nil)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            let (handler, context) = bound.value
            handler.drip(Array(octets.dropFirst()), context)
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    }
}
