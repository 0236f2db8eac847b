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
    package static let shared = Result { try TestPostgres() }

    private static let programs = "/usr/lib/postgresql/15/bin"
    private let folder: String
    private let schemas = Mutex(0)

    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String
    }

    private init() throws {
        // The socket's path has to stay under 100 bytes (pitfalls of sun_path).
        folder = "/tmp/ward-pg-\(ProcessInfo.processInfo.processIdentifier)"
        let user = getuid() == 0 ? "runuser -u postgres --" : ""
        let script = """
            set -eu
            rm -rf \(folder) && mkdir -m 0700 \(folder)
            [ -z "\(user)" ] || chown postgres \(folder)
            cd \(folder)
            \(user) \(Self.programs)/initdb --no-sync --auth=trust --username=ward --encoding=UTF8 --locale=C.UTF-8 \
                -D \(folder)/cluster >\(folder)/initdb.log 2>&1
            \(user) \(Self.programs)/pg_ctl -D \(folder)/cluster -w -t 60 -l \(folder)/server.log \
                -o "-k \(folder) -c listen_addresses= -c fsync=off -c max_connections=800 -c shared_buffers=64MB \
                -c max_pred_locks_per_transaction=256" start >/dev/null
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
        defer { _ = administrator }
        let schema = MigrationScript(checkedIn: "CREATE SCHEMA test_\(number)")
        try await administrator.writeAlone { try $0.executeScript(schema) }
        await administrator.close()
        return address() + " options=-csearch_path=test_\(number)"
    }

    private func address() -> String { "host=\(folder) user=ward dbname=postgres" }
}
