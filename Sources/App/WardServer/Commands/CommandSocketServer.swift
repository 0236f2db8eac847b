// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import NIOCore
import NIOPosix
package import WardCommands
package import WardTelemetry

/// Listens on the data directory's socket and runs what comes in.
package struct CommandSocketServer: Sendable {
    /// Runs one command line for the operating-system user with this number.
    package typealias Runner =
        @Sendable (
            _ arguments: [String], _ user: UInt32, _ output: any CommandOutput, _ files: any CommandFiles
        ) async -> ExitStatus

    private let path: String
    private let telemetry: Telemetry
    private let runner: Runner

    package init(path: String, telemetry: Telemetry, runner: @escaping Runner) {
        self.path = path
        self.telemetry = telemetry
        self.runner = runner
    }

    /// Serves until the task is cancelled.
    package func run() async throws {
        unlink(path)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture { (try Self.user(of: channel), try Self.frames(on: channel)) }
            }
        chmod(path, 0o600)
        defer { unlink(path) }
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { clients in
                for try await (user, channel) in clients {
                    group.addTask { await serve(channel, user) }
                }
            }
        }
    }

    static func frames(on channel: any Channel) throws -> NIOAsyncChannel<CommandFrame, CommandFrame> {
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(CommandFrameCodec()), MessageToByteHandler(CommandFrameCodec()),
        ])
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }

    private struct NoCredentials: Error {}

    /// `struct ucred` of unix(7), which Glibc's module leaves out.
    private struct PeerCredentials {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// The client's user number, as the kernel knows it.
    private static func user(of channel: any Channel) throws -> UInt32 {
        guard let provider = channel as? any SocketOptionProvider else { throw NoCredentials() }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .init(rawValue: SOL_SOCKET),
            name: .init(rawValue: SO_PEERCRED)
        )
        var user: UInt32?
        // The option is read on the channel's own loop, where this closure runs: the future is complete already.
        credentials.assumeIsolated().whenSuccess { user = $0.user }
        guard let user else { throw NoCredentials() }
        return user
    }

    private func serve(_ channel: NIOAsyncChannel<CommandFrame, CommandFrame>, _ user: UInt32) async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                var frames = inbound.makeAsyncIterator()
                guard case .arguments(let arguments, let isTerminal, let width) = try await frames.next() else {
                    return
                }
                telemetry.record(.commandReceived)
                let (answers, continuation) = AsyncStream.makeStream(of: CommandFrame.self)
                let output = SocketOutput(outbound: outbound, isTerminal: isTerminal, width: width)
                let files = SocketFiles(outbound: outbound, answers: answers)
                let status = await withTaskGroup(of: ExitStatus?.self) { group in
                    group.addTask { await runner(arguments, user, output, files) }
                    let rest = Rest(frames)
                    group.addTask {
                        await rest.forward(to: continuation)
                        return nil
                    }
                    let first = await group.next() ?? nil
                    group.cancelAll()
                    if let first { return first }
                    return await group.next().flatMap { $0 } ?? .failed
                }
                try await outbound.write(.exit(status.rawValue))
            }
        } catch {
            telemetry.record(.workerRoundFailed, .warning, [.errorType(error)])
        }
    }
}

/// What the client sends after its first frame.
private struct Rest: Sendable {
    // SAFETY of the iterator: it is moved into one task and read by that task alone.
    private nonisolated(unsafe) var frames: NIOAsyncChannelInboundStream<CommandFrame>.AsyncIterator

    init(_ frames: NIOAsyncChannelInboundStream<CommandFrame>.AsyncIterator) { self.frames = frames }

    func forward(to continuation: AsyncStream<CommandFrame>.Continuation) async {
        var frames = frames
        do {
            while let frame = try await frames.next() { continuation.yield(frame) }
        } catch {
            // The client went away; finishing the stream tells the command.
        }
        continuation.finish()
    }
}

/// The client's terminal.
private struct SocketOutput: CommandOutput {
    let outbound: NIOAsyncChannelOutboundWriter<CommandFrame>
    let isTerminal: Bool
    let width: Int

    func line(_ text: String) async { await send(.line(text)) }
    func problem(_ text: String) async { await send(.problem(text)) }
    func progress(_ text: String) async { if isTerminal { await send(.progress(text)) } }
    func endProgress() async { await send(.endProgress) }

    private func send(_ frame: CommandFrame) async {
        // A client that went away reads nothing more; its command is being cancelled.
        try? await outbound.write(frame)
    }
}

/// The client's files.
private struct SocketFiles: CommandFiles {
    let outbound: NIOAsyncChannelOutboundWriter<CommandFrame>
    let answers: AsyncStream<CommandFrame>

    func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream {
            switch try await ask(.read(path)) {
            case .chunk(let bytes): Array(bytes)
            case .end: nil
            case .failed(let problem): throw CommandFailure(problem)
            default: throw CommandFailure("The command's client answered out of turn.")
            }
        }
    }

    func write(_ path: String, _ bytes: [UInt8]) async throws {
        if case .failed(let problem) = try await ask(.write(path, Data(bytes))) { throw CommandFailure(problem) }
    }

    private func ask(_ frame: CommandFrame) async throws -> CommandFrame {
        try await outbound.write(frame)
        var iterator = answers.makeAsyncIterator()
        guard let answer = await iterator.next() else { throw CancellationError() }
        return answer
    }
}
