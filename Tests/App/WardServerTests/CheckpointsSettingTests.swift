// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardCommands
import WardStorage

@testable import WardServer

/// Where `ward init` and `ward doctor` have the audit log's checkpoints.
@Suite struct CheckpointsSettingTests {
    private final class Collected: CommandOutput {
        let isTerminal = false
        let width = 200
        let lines = Mutex<[String]>([])
        func line(_ text: String) async { lines.withLock { $0.append(text) } }
        func problem(_ text: String) async { lines.withLock { $0.append("! " + text) } }
        func progress(_ text: String) async {}
        func endProgress() async {}
        var text: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    private func with(_ body: (_ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/ward-init-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // What cannot be removed from the temporary folder does not fail the test.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func host(_ output: Collected) -> ApplicationHost {
        ApplicationHost(output: output, environment: [:]) { _, _ in .failed }
    }

    private func initialize(_ folder: String, _ more: [String]) async throws -> (WardCommands.ExitStatus, Collected) {
        let output = Collected()
        let command = try InitCommand.reading(
            [
                "--data", folder + "/data", "--name", "Lakeside Health", "--sender-domain", "lakeside.example",
                "--postal-address", "1 Lake Road", "--time-zone", "UTC", "--administrator", "dana@lakeside.example",
                "--json",
            ] + more
        )
        return (try await host(output).initialize(command), output)
    }

    private func doctor(_ folder: String) async throws -> (WardCommands.ExitStatus, String) {
        let output = Collected()
        let command = try DoctorCommand.reading(["--data", folder + "/data"])
        return (try await host(output).diagnose(command), output.text)
    }

    @Test func `init makes the folder beside the keys, and doctor says when it is gone`() async throws {
        try await with { folder in
            let (status, output) = try await initialize(folder, [])
            #expect(status == .done, "\(output.text)")
            #expect(output.text.contains("\"checkpoints\":\"\(folder)/data-checkpoints\""))
            let (good, text) = try await doctor(folder)
            #expect(good == .done, "\(text)")
            #expect(text.contains("✓ audit checkpoints: \(folder)/data-checkpoints, on "))
            try FileManager.default.removeItem(atPath: folder + "/data-checkpoints")
            let (bad, complaint) = try await doctor(folder)
            #expect(bad == .negative)
            #expect(complaint.contains("✗ audit checkpoints: the folder \(folder)/data-checkpoints is not there"))
        }
    }

    @Test func `another folder is kept in the configuration file`() async throws {
        try await with { folder in
            let other = folder + "/it's another disk"
            let (status, output) = try await initialize(folder, ["--checkpoints", other])
            #expect(status == .done, "\(output.text)")
            let (good, text) = try await doctor(folder)
            #expect(good == .done && text.contains("✓ audit checkpoints: \(other)"), "\(text)")
        }
    }

    @Test func `a folder inside the data directory is refused`() async throws {
        try await with { folder in
            let (status, output) = try await initialize(folder, ["--checkpoints", folder + "/data/checkpoints"])
            #expect(status == .usage)
            #expect(output.text.hasPrefix("! --checkpoints lies inside the data directory"))
        }
    }
}
