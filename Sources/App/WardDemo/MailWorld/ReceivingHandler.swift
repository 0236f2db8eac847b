// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS
import Synchronization
import WardKernel

/// When a greylisting server first saw each mailbox.
final class Greylist: Sendable {
    private static let patience = Duration.seconds(3)
    private let seen = Mutex<[String: Timestamp]>([:])

    /// Whether the mailbox is still put off.
    func putsOff(_ mailbox: String, at now: Timestamp) -> Bool {
        seen.withLock { seen in
            guard let first = seen[mailbox] else {
                seen[mailbox] = now
                return true
            }
            return now.since(first) < Self.patience
        }
    }
}

/// One connection to a receiving server of the mail world.
final class ReceivingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestLine = 8_192

    private var session: ReceivingSession
    private let context: NIOSSLContext
    private let inboxes: Inboxes
    private let greylist: Greylist
    private let surroundings: Surroundings
    private var pending = ByteBuffer()
    private var protection = "none"

    init(
        session: ReceivingSession,
        context: NIOSSLContext,
        inboxes: Inboxes,
        greylist: Greylist,
        surroundings: Surroundings
    ) {
        self.session = session
        self.context = context
        self.inboxes = inboxes
        self.greylist = greylist
        self.surroundings = surroundings
    }

    func channelActive(context: ChannelHandlerContext) { reply(session.greeting, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        pending.writeBuffer(&incoming)
        while let end = pending.readableBytesView.firstIndex(of: 10) {
            let length = end - pending.readerIndex
            var line = pending.readBytes(length: length) ?? []
            pending.moveReaderIndex(forwardBy: 1)
            if line.last == 13 { line.removeLast() }
            let now = surroundings.now()
            guard let action = session.line(line, greylisted: { greylist.putsOff($0, at: now) }) else { continue }
            perform(action, context)
        }
        if pending.readableBytes > Self.longestLine { context.close(promise: nil) }
        pending.discardReadBytes()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            session.protected()
            protection = "TLS"
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func perform(_ action: ReceivingAction, _ context: ChannelHandlerContext) {
        switch action {
        case .reply(let text): reply(text, context)
        case .replyAndClose(let text):
            reply(text, context)
            context.close(promise: nil)
        case .replyAndStartTLS(let text):
            // What came in the same segment behind STARTTLS was not protected and is dropped (CVE-2011-0411).
            pending.clear()
            reply(text, context)
            let handler = NIOSSLServerHandler(context: self.context)
            do {
                try context.pipeline.syncOperations.addHandler(handler, position: .first)
            } catch {
                context.close(promise: nil)
            }
        case .keep(let sender, let recipients, let bytes, let text, let delay):
            keep(sender, recipients, bytes)
            let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .microseconds(delay.wholeMicroseconds)) {
                let (handler, context) = loopBound.value
                if context.channel.isActive { handler.reply(text, context) }
            }
        }
    }

    private func keep(_ sender: String, _ recipients: [String], _ bytes: [UInt8]) {
        for recipient in recipients {
            inboxes.keep(
                sender: sender,
                recipient: recipient,
                bytes: bytes,
                protection: protection,
                at: surroundings.now()
            )
        }
    }

    private func reply(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }
}
