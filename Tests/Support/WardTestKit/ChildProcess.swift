// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A program as a process of its own, with nothing open but its three standard files, that can be killed.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    /// The programs that were built: beside the test bundle, or where the environment says (`make torture` runs those of a
    /// release build).
    private static let built =
        ProcessInfo.processInfo.environment["WARD_TEST_PROGRAMS"].map { URL(fileURLWithPath: $0, isDirectory: true) }
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    package let pid: Int32
    private let outputPath: String
    private let errorsPath: String
    private let ending = Mutex<Ending?>(nil)

    /// - Parameters:
    ///   - program: the name of a built program, or a path.
    ///   - folder: where its standard output and error go, in files called after `name`.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        outputIn folder: String,
        named name: String
    ) throws {
        let path = program.hasPrefix("/") ? program : Self.built.appending(path: program).path
        outputPath = "\(folder)/\(name).out"
        errorsPath = "\(folder)/\(name).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        Self.keepFilesFromChildren()
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"]
        variables.merge(environment) { $1 }
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of this process block signals, and a child inherits that: a Postfix would never learn that its own
        // children end.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawn(&child, path, &actions, &attributes, words, settings)
        guard code == 0 else { throw Failure(description: "\(path) did not start (errno \(code))") }
        pid = child
    }

    /// What the tests beside this one have open must not live on in a child: ports above all.
    private static func keepFilesFromChildren() {
        let open = FileManager.default.enumerator(atPath: "/proc/self/fd")?.compactMap { $0 as? String } ?? []
        for descriptor in open.compactMap({ Int32($0) }) where descriptor > 2 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// What it wrote so far, on standard output and on standard error.
    package var output: String { Self.text(outputPath) }
    package var errors: String { Self.text(errorsPath) }

    private static func text(_ path: String) -> String {
        // Not there is nothing written.
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    package func send(signal: Int32) { if look() == nil { kill(pid, signal) } }

    /// Waits until it has ended.
    package func end(within limit: Duration = .seconds(120)) async throws -> Ending {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let ending = look() { return ending }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(pid, SIGKILL)
        throw Failure(description: "It did not end. It said:\n\(output)\n\(errors)")
    }

    /// Waits until it has said something.
    package func says(_ text: String, within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while !output.contains(text) {
            if let ending = look() {
                throw Failure(description: "It ended (\(ending)) before it said “\(text)”:\n\(output)\n\(errors)")
            }
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "It does not say “\(text)”:\n\(output)\n\(errors)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// How it ended, nil while it runs.
    package func look() -> Ending? {
        ending.withLock { ending in
            if ending != nil { return ending }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7f
            ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
            return ending
        }
    }

    deinit {
        // A test that failed must not leave its server behind.
        if look() == nil {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
    }
}
