// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and a server on the loopback address and keeps every byte that passes, in both directions: what
/// somebody on the wire would see.
package final class RecordingProxy: Sendable {
    /// What passed over one connection.
    package struct Conversation: Sendable {
        package var fromClient: [UInt8] = []
        package var fromServer: [UInt8] = []
    }

    private let record = Mutex<[Conversation]>([])
    private let listener = Mutex<(any Channel)?>(nil)
    private let target: Int

    package var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

    private init(target: Int) { self.target = target }

    /// Listens on a port of its own and passes everything on to `port`.
    package static func with<Result>(
        to port: Int,
        _ body: (RecordingProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = RecordingProxy(target: port)
        try await proxy.start()
        do {
            let result = try await body(proxy)
            try await proxy.stop()
            return result
        } catch {
            try await proxy.stop()
            throw error
        }
    }

    package var conversations: [Conversation] { record.withLock { $0 } }

    /// All bytes of all connections, the client's and the server's.
    package var bytes: [UInt8] { conversations.flatMap { $0.fromClient + $0.fromServer } }

    /// The lines that the client sent, as far as they are text.
    package var clientLines: [String] {
        conversations.flatMap { conversation in
            String(decoding: conversation.fromClient, as: UTF8.self).split(separator: "\r\n").map(String.init)
        }
    }

    private func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in self.join(client) }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    private func stop() async throws {
        let channel = listener.withLock { $0 }
        try await channel?.close()
    }

    private func join(_ client: any Channel) -> EventLoopFuture<Void> {
        let index = record.withLock { record in
            record.append(Conversation())
            return record.count - 1
        }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(
                        PassOn(to: client) { bytes in self.keep { $0[index].fromServer += bytes } }
                    )
                }
            }
            .connect(host: "127.0.0.1", port: target)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandler(
                    PassOn(to: server) { bytes in self.keep { $0[index].fromClient += bytes } }
                )
            }
            .flatMap { client.setOption(.autoRead, value: true) }
    }

    private func keep(_ change: (inout [Conversation]) -> Void) { record.withLock { change(&$0) } }
}

private final class PassOn: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let keep: ([UInt8]) -> Void

    init(to other: any Channel, keep: @escaping ([UInt8]) -> Void) {
        self.other = other
        self.keep = keep
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        keep(Array(buffer.readableBytesView))
        other.writeAndFlush(buffer, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
