// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The neutral receiver `Tests/Support/Sink/tls_sink.c`: another implementation of SMTP and TLS (OpenSSL), with faults to order
/// and a line for every message, so that losses and duplicates can be counted.
package final class TestSink: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Whether a C compiler is there to build it.
    package static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")

    package let port: Int
    private let log: URL

    private init(port: Int, log: URL) {
        self.port = port
        self.log = log
    }

    /// Runs one with a certificate for as long as `body` takes.
    ///
    /// - Parameter options: such as `["--fail", "rcpt:450:1"]`; see the head of the source.
    package static func with<Result>(
        _ options: [String] = [],
        certificate: TestCertificateAuthority.Signed,
        _ body: (TestSink) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ward-sink-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let pem = folder.appending(path: "certificate.pem")
        try (certificate.pem + "\n" + certificate.keyPEM).write(to: pem, atomically: true, encoding: .utf8)
        let log = folder.appending(path: "messages.tsv")
        let (process, port) = try await start(["--cert", pem.path, "--log", log.path, "--quickack"] + options, folder)
        let ended: Swift.Result<Result, any Error>
        do {
            ended = .success(try await body(TestSink(port: port, log: log)))
        } catch {
            ended = .failure(error)
        }
        process.send(signal: 9)
        _ = try await process.end()
        try FileManager.default.removeItem(at: folder)
        return try ended.get()
    }

    /// On a port that was free when asked for: whoever takes it in between (an outgoing connection may) costs another try.
    private static func start(_ options: [String], _ folder: URL) async throws -> (ChildProcess, port: Int) {
        var tries = 0
        while true {
            tries += 1
            let port = try FreePort.find()
            let process = try ChildProcess(
                try await built(),
                ["--listen", "127.0.0.1:\(port)"] + options,
                outputIn: folder.path,
                named: "sink-\(tries)"
            )
            do {
                try await started(process)
                return (process, port)
            } catch {
                process.send(signal: 9)
                _ = try await process.end()
                guard tries < 10, process.errors.contains("Address already in use") else { throw error }
            }
        }
    }

    /// One line for each message that was accepted or refused after its final dot: the tab-separated fields.
    package var messages: [[String]] {
        // Without a file nothing came.
        let text = String(decoding: FileManager.default.contents(atPath: log.path) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }.filter { $0.count > 2 && $0[1] == "msg" }
    }

    private static func started(_ process: ChildProcess) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !process.errors.contains("tls ready") {
            guard process.look() == nil, ContinuousClock.now < deadline else {
                throw Failure(description: "The sink does not start: \(process.errors)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Compiled once for each version of the source.
    private static func built() async throws -> String {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sink/tls_sink.c")
        let size = try FileManager.default.attributesOfItem(atPath: source.path)[.modificationDate] as? Date ?? Date()
        let version = Int(size.timeIntervalSince1970)
        let program = FileManager.default.temporaryDirectory.appending(path: "ward-tls-sink-\(version)").path
        if FileManager.default.isExecutableFile(atPath: program) { return program }
        let draft = program + "." + UUID().uuidString
        let compiler = try ChildProcess(
            "/usr/bin/cc",
            ["-O2", "-o", draft, source.path, "-lssl", "-lcrypto", "-lpthread"],
            outputIn: FileManager.default.temporaryDirectory.path,
            named: URL(fileURLWithPath: draft).lastPathComponent
        )
        guard try await compiler.end() == .exited(0) else { throw Failure(description: compiler.errors) }
        // Another test may have been quicker: either program is as good.
        if !FileManager.default.isExecutableFile(atPath: program) {
            try FileManager.default.moveItem(atPath: draft, toPath: program)
        }
        return program
    }
}
