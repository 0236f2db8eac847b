// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// A server that answers each line by a rule and misbehaves on request: for faults that no real server shows when asked.
struct ScriptedServer {
    enum Answer: Sendable {
        case text(String)
        case silence
        case hangUp
        /// Says this and hangs up.
        case last(String)
    }

    let port: Int
    private let channel: any Channel

    /// `rule` is asked with "CONNECT" on connecting, then with each line; `connection` counts from 1.
    static func with<Result>(
        _ rule: @escaping @Sendable (_ line: String, _ connection: Int) -> Answer,
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let count = Counter()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = count.next()
                    try channel.pipeline.syncOperations.addHandler(LineHandler { rule($0, number) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(port: channel.localAddress?.port ?? 0, channel: channel)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// Takes every message in the clear.
    static func ordinary(_ line: String) -> Answer {
        switch line.prefix(4) {
        case "CONN": .text("220 scripted")
        case "DATA": .text("354 go")
        case "QUIT": .last("221 bye")
        case "EHLO", "MAIL", "RCPT", "RSET", ".": .text("250 ok")
        default: .silence
        }
    }
}

private final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let rule: (String) -> ScriptedServer.Answer
    private var received = ""

    init(rule: @escaping (String) -> ScriptedServer.Answer) { self.rule = rule }

    func channelActive(context: ChannelHandlerContext) { answer("CONNECT", context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let end = received.range(of: "\r\n") {
            let line = String(received[..<end.lowerBound])
            received = String(received[end.upperBound...])
            answer(line, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ line: String, _ context: ChannelHandlerContext) {
        switch rule(line) {
        case .text(let text): write(text, context)
        case .silence: break
        case .hangUp: context.close(promise: nil)
        case .last(let text):
            write(text, context)
            context.close(promise: nil)
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.channel.writeAndFlush(ByteBuffer(string: text + "\r\n"), promise: nil)
    }
}
