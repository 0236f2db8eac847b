// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
package import WardKernel

/// The receiving mail servers of the invented domains, on loopback, on ports that the system chose.
package struct ReceivingServers: Sendable {
    /// Where one domain's mail server listens.
    package struct Server: Sendable {
        package let behaviour: ReceivingBehaviour
        /// The name that a valid certificate would carry.
        package let hostName: String
        package let port: Int
    }

    package let servers: [Server]
    private let channels: [any Channel]

    package static func start(
        authority: DemoCertificateAuthority,
        inboxes: Inboxes,
        surroundings: Surroundings
    ) async throws -> ReceivingServers {
        var servers: [Server] = []
        var channels: [any Channel] = []
        for behaviour in ReceivingBehaviour.allCases {
            let hostName = "mx.\(behaviour.domain)"
            let presented = behaviour == .wrongCertificate ? "mx.somewhere-else.example" : hostName
            let tls = try authority.serverContext(for: presented)
            let greylist = Greylist()
            let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 256)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = ReceivingHandler(
                            session: ReceivingSession(behaviour: behaviour, hostName: hostName),
                            context: tls,
                            inboxes: inboxes,
                            greylist: greylist,
                            surroundings: surroundings
                        )
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            servers.append(Server(behaviour: behaviour, hostName: hostName, port: channel.localAddress?.port ?? 0))
            channels.append(channel)
        }
        return ReceivingServers(servers: servers, channels: channels)
    }

    package func stop() async throws {
        for channel in channels { try await channel.close() }
    }
}
