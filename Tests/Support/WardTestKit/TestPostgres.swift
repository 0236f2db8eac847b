// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardPostgres
import WardStorage

/// A PostgreSQL 15 of the test process's own: Debian's program, a temporary cluster, a UNIX socket, an unprivileged user.
///
/// It starts when the first test needs it and is stopped by a watcher when the test process ends, however it ends.
/// `fsync` is off: durability is tested elsewhere, by killing processes.
package final class TestPostgres: Sendable {
    package static let shared = Result { try TestPostgres(name: "\(ProcessInfo.processInfo.processIdentifier)") }

    private static let programs = "/usr/lib/postgresql/15/bin"
    package let folder: String
    private let schemas = Mutex(0)
    /// How its programs are run: PostgreSQL refuses to run as root.
    private let user = getuid() == 0 ? "runuser -u postgres --" : ""

    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String
    }

    /// A cluster of one test's own, which it may stop and start; removed afterwards.
    package static func withOwn<Result>(
        named name: String,
        _ body: (TestPostgres) async throws -> Result
    ) async throws -> Result {
        let own = try TestPostgres(name: "\(ProcessInfo.processInfo.processIdentifier)-\(name)")
        do {
            let result = try await body(own)
            own.remove()
            return result
        } catch {
            own.remove()
            throw error
        }
    }

    private init(name: String) throws {
        // The socket's path has to stay under 100 bytes (the size of sun_path).
        folder = "/tmp/ward-pg-\(name)"
        let script = """
            set -eu
            rm -rf \(folder) && mkdir -m 0700 \(folder)
            [ -z "\(user)" ] || chown postgres \(folder)
            cd \(folder)
            \(user) \(Self.programs)/initdb --no-sync --auth=trust --username=ward --encoding=UTF8 --locale=C.UTF-8 \
                -D \(folder)/cluster >\(folder)/initdb.log 2>&1
            \(startCommand)
            (while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do sleep 1; done
             \(user) \(Self.programs)/pg_ctl -D \(folder)/cluster -m immediate stop
             rm -rf \(folder)) >/dev/null 2>&1 </dev/null &
            """
        guard Self.run(script) == 0 else {
            throw Unavailable(
                description: "PostgreSQL 15 did not start; its logs are in \(folder) (scripts/setup test installs it)"
            )
        }
    }

    private var startCommand: String {
        """
        \(user) \(Self.programs)/pg_ctl -D \(folder)/cluster -w -t 60 -l \(folder)/server.log \
            -o "-k \(folder) -c listen_addresses= -c fsync=off -c max_connections=800 -c shared_buffers=64MB \
            -c max_pred_locks_per_transaction=256" start >/dev/null
        """
    }

    /// Stops the server as a crash would: sessions are cut, the write-ahead log is replayed at the next start.
    package func stop() {
        _ = Self.run("cd / && \(user) \(Self.programs)/pg_ctl -D \(folder)/cluster -m immediate stop")
    }

    package func start() throws {
        guard Self.run("cd / && \(startCommand)") == 0 else {
            throw Unavailable(description: "PostgreSQL did not start again; its log is \(folder)/server.log")
        }
    }

    private func remove() {
        stop()
        _ = Self.run("rm -rf \(folder)")
    }

    /// Runs a shell script and returns its exit code. Foundation's `Process` waits for every grandchild that inherited its
    /// descriptors, the server among them.
    private static func run(_ script: String) -> Int32 {
        var child: pid_t = 0
        let words = (["/bin/sh", "-c", script] as [String]).map { strdup($0) }
        defer { for word in words { free(word) } }
        guard posix_spawn(&child, "/bin/sh", nil, nil, words + [nil], environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// The address of an empty schema of its own.
    package func makeSchema() async throws -> String {
        let number = schemas.withLock { count in
            count += 1
            return count
        }
        let administrator = try await PostgresStore.open(address())
        let schema = MigrationScript(checkedIn: "CREATE SCHEMA test_\(number)")
        do {
            try await administrator.writeAlone { try $0.executeScript(schema) }
        } catch {
            await administrator.close()
            throw error
        }
        await administrator.close()
        return address() + " options=-csearch_path=test_\(number)"
    }

    /// The address of the database as a whole.
    package func address() -> String { "host=\(folder) user=ward dbname=postgres connect_timeout=120" }
}
