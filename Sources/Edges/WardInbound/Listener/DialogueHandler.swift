// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS
import WardKernel

/// Carries out what a dialogue says, on the connection's event loop. It reads only while the dialogue wants octets, so that a
/// client that writes without waiting fills its own buffers and not ours.
final class DialogueHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var dialogue: SMTPDialogue
    private let counts: ConnectionCounts
    private let tls: MailServerTLS?
    private let questions: AsyncStream<(DialogueQuestion, DialogueSession)>.Continuation
    private let isSecuredAtOnce: Bool
    private var context: ChannelHandlerContext?
    private var patience: Scheduled<Void>?
    private var lifetime: Scheduled<Void>?
    private var held = 0
    private var isReading = false

    init(
        dialogue: SMTPDialogue,
        counts: ConnectionCounts,
        tls: MailServerTLS?,
        questions: AsyncStream<(DialogueQuestion, DialogueSession)>.Continuation
    ) {
        self.dialogue = dialogue
        self.counts = counts
        self.tls = tls
        self.questions = questions
        isSecuredAtOnce = dialogue.session.isSecured
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard lifetime == nil else { return }
        lifetime = later(counts.limits.lifetime, context)
        if isSecuredAtOnce {
            // The greeting waits for the handshake (RFC 8314 section 3).
            patience = later(dialogue.terms.limits.messagePatience, context)
            context.read()
        } else {
            apply(.connected)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        apply(.received(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        readOn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.handshakeCompleted) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard let tls else { return context.close(promise: nil) }
        apply(.secured(tls.facts(of: context.pipeline)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
    }

    /// The answer to the open question, or the request to stop.
    func apply(_ event: SMTPDialogue.Event) {
        perform(dialogue.apply(event))
        note()
        readOn()
    }

    private func perform(_ actions: [SMTPDialogue.Action]) {
        guard let context else { return }
        var isClosing = false
        for action in actions {
            switch action {
            case .send(let octets):
                context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: nil)
            case .ask(let question): questions.yield((question, dialogue.session))
            case .startTLS:
                context.flush()
                startTLS(context)
            case .close: isClosing = true
            }
        }
        if !actions.isEmpty { context.flush() }
        if isClosing { context.close(promise: nil) }
    }

    /// Only where a certificate signs somebody in.
    private var asksForCertificate: Bool { dialogue.terms.service == .submission }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls else { return context.close(promise: nil) }
        do {
            try context.pipeline.syncOperations.addHandler(
                tls.makeHandler(asksForCertificate: asksForCertificate),
                position: .first
            )
            isReading = false
            context.read()
            isReading = true
        } catch {
            context.close(promise: nil)
        }
    }

    /// Counts what is held, and sheds it when all connections together hold too much.
    private func note() {
        let now = dialogue.heldOctets
        let isTooMuch = counts.hold(now - held)
        held = now
        if isTooMuch {
            perform(dialogue.apply(.overloaded))
            _ = counts.hold(dialogue.heldOctets - held)
            held = dialogue.heldOctets
        }
    }

    private func readOn() {
        guard let context, !dialogue.isClosed else { return }
        patience?.cancel()
        patience = dialogue.patience.map { later($0, context) }
        if dialogue.wantsOctets, !isReading {
            isReading = true
            context.read()
        }
    }

    private func later(_ duration: Duration, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: TimeAmount(duration)) { handler.value.timeOver() }
    }

    private func timeOver() {
        guard let context else { return }
        apply(.timeOver)
        // Also where nothing can be said: before the handshake is done, or while a question is open for too long.
        context.close(promise: nil)
    }

    private func finish() {
        patience?.cancel()
        lifetime?.cancel()
        _ = counts.hold(-held)
        held = 0
        questions.finish()
    }
}
