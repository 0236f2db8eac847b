// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A mail system of Debian that is unpacked and not installed (`scripts/peers`), in a mount and process namespace of its own:
/// several that Debian does not install beside each other run at the same time, and all of one ends with it.
package final class TestPeer: Sendable {
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// What it keeps and what it says, removed at the end.
    package let folder: String
    package let port: Int
    private let process: ChildProcess

    /// The certificates that it believes, and its own.
    package struct Identity: Sendable {
        package let authority: TestCertificateAuthority
        package let name: String

        package init(authority: TestCertificateAuthority, name: String) {
            (self.authority, self.name) = (authority, name)
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let packages = root + "/.artefacts/peers"

    /// Whether this machine can run one.
    package static var isAvailable: Bool {
        geteuid() == 0 && FileManager.default.fileExists(atPath: packages + "/packages")
    }

    private static let users = """
        Debian-exim:x:971:971::/var/spool/exim4:/usr/sbin/nologin
        opensmtpd:x:972:972::/var/lib/opensmtpd/empty:/usr/sbin/nologin
        opensmtpq:x:973:973::/var/lib/opensmtpd/empty:/usr/sbin/nologin
        dovecot:x:974:974::/usr/lib/dovecot:/usr/sbin/nologin
        dovenull:x:975:975::/nonexistent:/usr/sbin/nologin
        reader:x:976:976::/nonexistent:/usr/sbin/nologin

        """

    /// Starts one, waits until it answers, and ends it whatever happens.
    ///
    /// - Parameters:
    ///   - files: names in its folder and their texts; `FOLDER` and `PORT` in them are filled in.
    ///   - command: as in a shell; `FOLDER` is filled in. It must not go into the background.
    package static func with<Result>(
        _ identity: Identity,
        files: [String: String],
        command: String,
        _ body: (TestPeer) async throws -> Result
    ) async throws -> Result {
        let folder = "/tmp/ward-peer-\(UInt32.random(in: 0 ... .max))"
        // What cannot be removed stays below /tmp.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try FreePort.find()
        try write(identity, to: folder)
        for (name, text) in files {
            try text.replacing("FOLDER", with: folder).replacing("PORT", with: "\(port)")
                .write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        let peer = try TestPeer(folder: folder, port: port, command: command.replacing("FOLDER", with: folder))
        defer { peer.stop() }
        try await peer.answers()
        return try await body(peer)
    }

    private static func write(_ identity: Identity, to folder: String) throws {
        for name in ["", "/mail"] {
            try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: false)
        }
        // Its own users deliver there.
        chmod(folder, 0o755)
        chmod(folder + "/mail", 0o777)
        let signed = try identity.authority.sign(identity.name)
        let hosts = try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
        let files = [
            "users": users, "roots.pem": try identity.authority.rootPEM + "\n",
            "certificate.pem": signed.pem + "\n", "key.pem": signed.keyPEM + "\n",
            "hosts": hosts + "\n127.0.0.1 ward.lakeside.example\n",
        ]
        for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        chmod(folder + "/key.pem", 0o600)
    }

    private init(folder: String, port: Int, command: String) throws {
        self.folder = folder
        self.port = port
        process = try ChildProcess(
            "/usr/bin/unshare",
            [
                "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                Self.root + "/Tests/Support/Peers/enter.sh",
                Self.packages, folder, "/bin/sh", "-c", command,
            ],
            outputIn: folder,
            named: "peer"
        )
    }

    private func answers() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !FreePort.answers(port) {
            guard process.look() == nil, ContinuousClock.now < deadline else {
                throw Failure(description: "It does not answer:\n\(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What it said.
    package var log: String {
        // Exim's and Postfix's; what is not there says nothing.
        let files = ["/log", "/spool/exim4/mainlog"].map { FileManager.default.contents(atPath: folder + $0) ?? Data() }
        return process.output + process.errors + files.map { String(decoding: $0, as: UTF8.self) }.joined()
    }

    /// Waits until its log has one of these, at most half a minute.
    package func says(_ texts: [String]) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !texts.contains(where: log.contains) {
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "It does not say \(texts):\n\(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits for messages in its maildir, at most a minute, and returns all that are there.
    package func waitForMessages(_ count: Int) async throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let messages = try messages()
            if messages.count >= count { return messages }
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "\(messages.count) of \(count) messages arrived:\n\(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func messages() throws -> [String] {
        let new = folder + "/mail/new"
        // The maildir comes into being with the first message.
        guard FileManager.default.fileExists(atPath: new) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: new).sorted()
            .map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(new)/\($0)")), as: UTF8.self) }
    }

    /// Ends the first process of its namespace, and with it all others. A program that changes its user outlives `unshare`.
    private func stop() {
        let children = "/proc/\(process.pid)/task/\(process.pid)/children"
        let text = (try? String(contentsOfFile: children, encoding: .utf8)) ?? ""
        for child in text.split(separator: " ").compactMap({ Int32($0) }) { kill(child, SIGKILL) }
        process.send(signal: SIGKILL)
    }
}
