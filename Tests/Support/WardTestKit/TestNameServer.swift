// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A real name server (NSD) on the loopback address, with zones that ldns has signed: for DNSSEC and what stands on it.
package final class TestNameServer: Sendable {
    package struct Zone: Sendable {
        package var name: String
        /// Lines of a zone file, names relative to the zone.
        package var records: [String]
        package var isSigned: Bool
        /// Changes the signed text before it is served, so that signatures no longer fit.
        package var tampering: (@Sendable (String) -> String)?

        package init(
            _ name: String,
            _ records: [String],
            isSigned: Bool = true,
            tampering: (@Sendable (String) -> String)? = nil
        ) {
            self.name = name
            self.records = records
            self.isSigned = isSigned
            self.tampering = tampering
        }
    }

    package let port: Int
    /// DS records of the signed zones, for the resolver that is to believe them.
    package let anchors: [String]
    private let folder: URL
    private let server: ChildProcess

    /// Whether this machine can run one.
    package static var isAvailable: Bool {
        ["/usr/sbin/nsd", "/usr/bin/ldns-signzone", "/usr/bin/ldns-keygen"]
            .allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Signs and serves `zones`, runs `body`, and stops the server whatever happens.
    package static func with<Result>(
        _ zones: [Zone],
        _ body: (TestNameServer) async throws -> Result
    ) async throws -> Result {
        let folder = URL(fileURLWithPath: "/tmp/ward-zones-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let server = try await TestNameServer(zones, in: folder)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    private init(_ zones: [Zone], in folder: URL) async throws {
        self.folder = folder
        port = try FreePort.find()
        var anchors: [String] = []
        var lines = [
            "server:", "  ip-address: 127.0.0.1@\(port)", "  username: \"\"", "  chroot: \"\"",
            "  zonesdir: \"\(folder.path)\"", "  pidfile: \"\(folder.path)/pid\"", "  database: \"\"",
            "  zonelistfile: \"\(folder.path)/list\"", "  xfrdfile: \"\(folder.path)/xfrd\"",
            "  xfrdir: \"\(folder.path)\"",
            "  server-count: 1", "remote-control:", "  control-enable: no",
        ]
        for zone in zones {
            if let anchor = try await Self.write(zone, in: folder) { anchors.append(anchor) }
            lines += ["zone:", "  name: \"\(zone.name)\"", "  zonefile: \"\(zone.name).served\""]
        }
        self.anchors = anchors
        let configuration = folder.appending(path: "nsd.conf")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: configuration)
        server = try ChildProcess(
            "/usr/sbin/nsd",
            ["-d", "-c", configuration.path],
            outputIn: folder.path,
            named: "nsd"
        )
        let deadline = ContinuousClock.now + .seconds(20)
        while !FreePort.answers(port) {
            guard ContinuousClock.now < deadline, server.look() == nil else {
                throw ChildProcess.Failure(description: "nsd does not answer: \(server.errors)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The DS record of a signed zone.
    private static func write(_ zone: Zone, in folder: URL) async throws -> String? {
        let text =
            ([
                "$ORIGIN \(zone.name).", "$TTL 1", "@ IN SOA ns hostmaster 1 3600 900 86400 1", "@ IN NS ns",
                "ns IN A 127.0.0.1",
            ] + zone.records).joined(separator: "\n") + "\n"
        let plain = folder.appending(path: zone.name)
        let served = folder.appending(path: "\(zone.name).served")
        guard zone.isSigned else {
            try Data(text.utf8).write(to: served)
            return nil
        }
        try Data(text.utf8).write(to: plain)
        // ldns writes its files where it stands. An end more than 68 years ahead would count as past (RFC 4034 section 3.1.5).
        try await run(
            "cd \(folder.path) && ldns-keygen -a ECDSAP256SHA256 -k \(zone.name) > \(zone.name).key-name",
            folder
        )
        try await run(
            "cd \(folder.path) && ldns-signzone -e 20400101000000 -f \(zone.name).signed \(zone.name) $(cat \(zone.name).key-name)",
            folder
        )
        let signed = try String(contentsOf: folder.appending(path: "\(zone.name).signed"), encoding: .utf8)
        try Data((zone.tampering?(signed) ?? signed).utf8).write(to: served)
        let key = try String(contentsOf: folder.appending(path: "\(zone.name).key-name"), encoding: .utf8)
        let name = key.trimmingCharacters(in: .whitespacesAndNewlines)
        return try String(contentsOf: folder.appending(path: "\(name).ds"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func run(_ command: String, _ folder: URL) async throws {
        let child = try ChildProcess("/bin/sh", ["-c", command], outputIn: folder.path, named: "ldns")
        guard try await child.end() == .exited(0) else {
            throw ChildProcess.Failure(description: "\(command)\n\(child.errors)")
        }
    }

    private func stop() async {
        server.send(signal: SIGTERM)
        do {
            _ = try await server.end(within: .seconds(10))
            try FileManager.default.removeItem(at: folder)
        } catch {
            // A folder under /tmp that stays behind does no harm; a server that hangs was killed.
        }
    }
}
