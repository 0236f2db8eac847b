// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardCommands
import WardServer
import WardTelemetry

@Suite struct CommandSocketTests {
    private final class Collected: CommandOutput, CommandFiles {
        let isTerminal = false
        let width = 80
        let lines = Mutex<[String]>([])
        let written = Mutex<[String: [UInt8]]>([:])
        let contents: [String: [[UInt8]]]

        init(contents: [String: [[UInt8]]] = [:]) { self.contents = contents }

        func line(_ text: String) async { lines.withLock { $0.append(text) } }
        func problem(_ text: String) async { lines.withLock { $0.append("! " + text) } }
        func progress(_ text: String) async {}
        func endProgress() async {}

        func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
            AsyncThrowingStream { continuation in
                for chunk in contents[path] ?? [] { continuation.yield(chunk) }
                continuation.finish()
            }
        }

        func write(_ path: String, _ bytes: [UInt8]) async throws { written.withLock { $0[path] = bytes } }
    }

    private func with(
        _ runner: @escaping CommandSocketServer.Runner,
        _ body: (_ path: String) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.path() + "/ward-\(UInt32.random(in: 0 ... .max)).sock"
        let server = CommandSocketServer(path: path, telemetry: Telemetry(sink: { _ in }), runner: runner)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
            try await body(path)
            group.cancelAll()
        }
    }

    @Test func `a command runs in the server as the user who typed it`() async throws {
        let client = Collected()
        try await with({ arguments, user, output, _ in
            await output.line("\(arguments.joined(separator: " ")) by \(user)")
            return .negative
        }) { path in
            let status = try await CommandSocketClient(path: path, output: client, files: client).run(["audit", "list"])
            #expect(status == .negative)
            #expect(client.lines.withLock { $0 } == ["audit list by \(getuid())"])
        }
    }

    @Test func `the server reads and writes only files that were typed`() async throws {
        let client = Collected(contents: ["people.csv": [[1, 2], [3]], "secret": [[9]]])
        try await with({ _, _, output, files in
            do {
                var bytes: [UInt8] = []
                for try await chunk in files.read("people.csv") { bytes += chunk }
                try await files.write("out/report.csv", bytes)
                for try await _ in files.read("secret") {}
            } catch {
                await output.problem("\(error)")
            }
            return .done
        }) { path in
            let socket = CommandSocketClient(path: path, output: client, files: client)
            let status = try await socket.run(["contacts", "import", "people.csv", "--to=out"])
            #expect(status == .done)
            #expect(client.written.withLock { $0 } == ["out/report.csv": [1, 2, 3]])
            #expect(client.lines.withLock { $0 } == ["! The file is not one of the command's."])
        }
    }

    @Test func `a socket that a killed server left behind is told apart from a running one`() async throws {
        let path = FileManager.default.temporaryDirectory.path() + "/ward-\(UInt32.random(in: 0 ... .max)).sock"
        try Data().write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let client = Collected()
        let status = try await CommandSocketClient(path: path, output: client, files: client).run(["doctor"])
        #expect(status == nil)
    }
}
