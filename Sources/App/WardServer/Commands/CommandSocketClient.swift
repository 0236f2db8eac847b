// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
package import WardCommands

/// Runs a command inside the `ward serve` that owns the data directory.
package struct CommandSocketClient: Sendable {
    let path: String
    let output: any CommandOutput
    let files: any CommandFiles

    package init(path: String, output: any CommandOutput, files: any CommandFiles) {
        self.path = path
        self.output = output
        self.files = files
    }

    /// The command's status; nil when nobody listens on the socket (it is left over from a process that was killed).
    package func run(_ arguments: [String]) async throws -> ExitStatus? {
        let channel: NIOAsyncChannel<CommandFrame, CommandFrame>
        do {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture { try CommandSocketServer.frames(on: channel) }
                }
        } catch is IOError {
            return nil
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(.arguments(arguments, isTerminal: output.isTerminal, width: output.width))
            var reading = OpenFiles(files: files, allowed: Set(arguments))
            for try await frame in inbound {
                switch frame {
                case .line(let text): await output.line(text)
                case .problem(let text): await output.problem(text)
                case .progress(let text): await output.progress(text)
                case .endProgress: await output.endProgress()
                case .read(let path): try await outbound.write(await reading.next(path))
                case .write(let path, let bytes): try await outbound.write(await reading.write(path, Array(bytes)))
                case .exit(let status): return ExitStatus(rawValue: status) ?? .failed
                case .arguments, .chunk, .end, .failed: throw CommandFailure("The server answered out of turn.")
                }
            }
            throw CommandFailure("The server went away before the command ended. Look whether it took effect.")
        }
    }
}

/// The client's open files, by path; only paths that the person typed.
private struct OpenFiles {
    let files: any CommandFiles
    let allowed: Set<String>
    /// A stream keeps its own place: each iterator of it goes on where the last one stopped.
    private var streams: [String: AsyncThrowingStream<[UInt8], any Error>] = [:]

    init(files: any CommandFiles, allowed: Set<String>) {
        self.files = files
        self.allowed = allowed
    }

    mutating func next(_ path: String) async -> CommandFrame {
        guard permits(path) else { return .failed("The file is not one of the command's.") }
        let stream = streams[path] ?? files.read(path)
        do {
            var iterator = stream.makeAsyncIterator()
            let chunk = try await iterator.next()
            streams[path] = chunk == nil ? nil : stream
            return chunk.map { .chunk(Data($0)) } ?? .end
        } catch {
            streams[path] = nil
            return .failed((error as? CommandFailure)?.description ?? "The file \(path) cannot be read.")
        }
    }

    func write(_ path: String, _ bytes: [UInt8]) async -> CommandFrame {
        guard permits(path) else { return .failed("The file is not one of the command's.") }
        do {
            try await files.write(path, bytes)
            return .end
        } catch {
            return .failed((error as? CommandFailure)?.description ?? "The file \(path) cannot be written.")
        }
    }

    /// A path that was typed, as it is or behind `--option=`, or a file in a folder that was typed.
    private func permits(_ path: String) -> Bool {
        guard !path.split(separator: "/").contains("..") || allowed.contains(path) else { return false }
        return allowed.contains { typed in
            let value = typed.hasPrefix("--") ? String(typed.drop { $0 != "=" }.dropFirst()) : typed
            return !value.isEmpty && (path == value || path.hasPrefix(value.hasSuffix("/") ? value : value + "/"))
        }
    }
}
