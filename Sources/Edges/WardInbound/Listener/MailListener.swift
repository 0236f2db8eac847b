// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
package import WardTelemetry

/// Where mail is taken, and how.
package struct MailListenerSettings: Sendable {
    package var host: String
    /// 0 takes any free port.
    package var port: Int
    package var terms: DialogueTerms
    /// Whether TLS begins with the connection (465) instead of with STARTTLS.
    package var isSecuredAtOnce: Bool

    package init(host: String, port: Int, terms: DialogueTerms, isSecuredAtOnce: Bool = false) {
        self.host = host
        self.port = port
        self.terms = terms
        self.isSecuredAtOnce = isSecuredAtOnce
    }
}

/// Listens on one port and holds a dialogue with each client until its task is cancelled.
package struct MailListener: Sendable {
    private let settings: MailListenerSettings
    private let reception: any MailReception
    private let counts: ConnectionCounts
    private let tls: MailServerTLS?
    private let telemetry: Telemetry

    /// One connection: its questions, and the way back to its event loop.
    private struct Connection: Sendable {
        let channel: any Channel
        let peer: String
        let handler: NIOLoopBound<DialogueHandler>
        let questions: AsyncStream<(DialogueQuestion, DialogueSession)>

        func tell(_ event: SMTPDialogue.Event) {
            channel.eventLoop.execute { [handler] in handler.value.apply(event) }
        }
    }

    /// - Parameters:
    ///   - tls: nil offers no TLS; `isSecuredAtOnce` needs it.
    ///   - budget: shared by listeners whose connections count together.
    package init(
        _ settings: MailListenerSettings,
        tls: MailServerTLS?,
        reception: any MailReception,
        budget: ConnectionBudget = ConnectionBudget(),
        telemetry: Telemetry
    ) {
        self.settings = settings
        self.reception = reception
        self.tls = tls
        self.telemetry = telemetry
        counts = budget.counts
    }

    /// Listens and answers.
    ///
    /// - Parameter onListening: gets the port once connections are accepted.
    /// - Throws: what the socket says; a port that is taken is an `IOError` with `EADDRINUSE`.
    package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: settings.host, port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture { try connection(on: channel) }
            }
        try await server.executeThenClose { inbound in
            await onListening(server.channel.localAddress?.port ?? 0)
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    guard counts.admit(connection.peer) else {
                        connection.channel.close(promise: nil)
                        continue
                    }
                    group.addTask { await converse(connection) }
                }
            }
        }
    }

    private func connection(on channel: any Channel) throws -> Connection {
        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
        let (questions, continuation) = AsyncStream.makeStream(of: (DialogueQuestion, DialogueSession).self)
        var terms = settings.terms
        terms.offersTLS = tls != nil && !settings.isSecuredAtOnce
        let handler = DialogueHandler(
            dialogue: SMTPDialogue(terms: terms, peer: peer, isSecured: settings.isSecuredAtOnce),
            counts: counts,
            tls: tls,
            questions: continuation
        )
        if settings.isSecuredAtOnce, let tls {
            try channel.pipeline.syncOperations.addHandler(
                tls.makeHandler(asksForCertificate: terms.service == .submission)
            )
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        return Connection(
            channel: channel,
            peer: peer,
            handler: NIOLoopBound(handler, eventLoop: channel.eventLoop),
            questions: questions
        )
    }

    private func converse(_ connection: Connection) async {
        await withTaskCancellationHandler {
            for await (question, session) in connection.questions {
                connection.tell(.answered(await reception.answer(question, in: session)))
            }
        } onCancel: {
            connection.tell(.stopping)
        }
        counts.leave(connection.peer)
    }
}

/// Connections that count together.
package struct ConnectionBudget: Sendable {
    let counts: ConnectionCounts

    package init(_ limits: ListenerLimits = ListenerLimits()) { counts = ConnectionCounts(limits: limits) }
}
