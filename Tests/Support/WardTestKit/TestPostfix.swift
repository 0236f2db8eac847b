// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A private Postfix (Debian's package) on the loopback address with its own configuration, queue, port and certificate.
/// Everything it accepts goes into one maildir. Runs as root only, as Postfix does.
package final class TestPostfix: Sendable {
    package struct Options: Sendable {
        /// Its name, as in its greeting.
        package var hostName: String
        /// The name in its certificate; nil: it offers no TLS.
        package var certificateName: String?
        /// Domains it takes mail for.
        package var domains: [String]
        /// Addresses it refuses for good (550 5.1.1).
        package var refused: [String] = []
        /// Addresses it refuses for now (450 4.2.0).
        package var deferred: [String] = []
        /// Extra lines of main.cf.
        package var settings: [String] = []

        package init(hostName: String, certificateName: String?, domains: [String]) {
            self.hostName = hostName
            self.certificateName = certificateName
            self.domains = domains
        }

        /// A server with a good certificate for its own name `mx.<domain>`.
        package static func trusted(_ domain: String) -> Options {
            Options(hostName: "mx.\(domain)", certificateName: "mx.\(domain)", domains: [domain])
        }
    }

    /// A message in the maildir.
    package struct Received: Sendable {
        /// The envelope recipient, from `Delivered-To`.
        package let recipient: String
        /// As the file stands: with LF line ends and the trace headers of the server.
        package let content: String
    }

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    package let options: Options
    package let port: Int
    package let authority: TestCertificateAuthority
    private let folder: URL
    private let master = Mutex<Int32?>(nil)

    /// Whether this machine can run one.
    package static var isAvailable: Bool {
        geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/sbin/postfix")
    }

    private init(options: Options, authority: TestCertificateAuthority) throws {
        self.options = options
        self.authority = authority
        port = try FreePort.find()
        folder = URL(fileURLWithPath: "/tmp/ward-postfix-\(UUID().uuidString.prefix(8))")
    }

    /// Starts a server, runs `body`, and stops the server whatever happens.
    package static func with<Result>(
        _ options: Options,
        authority: TestCertificateAuthority? = nil,
        _ body: (TestPostfix) async throws -> Result
    ) async throws -> Result {
        let postfix = try TestPostfix(options: options, authority: authority ?? TestCertificateAuthority())
        defer { postfix.stop() }
        try await postfix.start()
        return try await body(postfix)
    }

    /// The messages that have arrived so far.
    package func messages() throws -> [Received] {
        let new = folder.appending(path: "mail/inbox/new")
        guard FileManager.default.fileExists(atPath: new.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: new.path).sorted().map { name in
            let content = String(decoding: try Data(contentsOf: new.appending(path: name)), as: UTF8.self)
            let line = content.split(separator: "\n").first { $0.hasPrefix("Delivered-To: ") }
            return Received(recipient: String(line?.dropFirst("Delivered-To: ".count) ?? ""), content: content)
        }
    }

    /// How many messages have arrived so far.
    package var messageCount: Int {
        // The maildir comes into being with the first message.
        (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "mail/inbox/new").path))?.count
            ?? 0
    }

    /// Waits until everything that it has accepted is in the maildir, at most a minute, and returns that.
    package func messagesOfEmptyQueue() async throws -> [Received] {
        for _ in 0..<600 {
            if isQueueEmpty { return try messages() }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure(description: "Postfix still has messages in its queue. Its log:\n\(log)")
    }

    private var isQueueEmpty: Bool {
        ["maildrop", "incoming", "active", "deferred"].allSatisfy { queue in
            let path = folder.appending(path: "spool/\(queue)").path
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            // `deferred` has folders of one letter in it.
            return names.allSatisfy { ($0.split(separator: "/").last?.count ?? 0) < 2 }
        }
    }

    /// Waits until so many messages have arrived and the queue is empty, at most half a minute.
    package func waitForMessages(_ count: Int) async throws -> [Received] {
        for _ in 0..<1_500 {
            let messages = try messages()
            if messages.count >= count { return messages }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(description: "\(try messages().count) messages arrived, not \(count). The server's log:\n\(log)")
    }

    /// The server's own log.
    package var log: String {
        // No log is an empty log: the text only explains a failure.
        (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
    }

    // MARK: Life

    private func start() async throws {
        guard Self.isAvailable else {
            throw Failure(
                description: "Postfix cannot be started here: the package must be installed and the user be root."
            )
        }
        try writeConfiguration()
        // `postfix start` waits four seconds; this is what it does.
        let configuration = folder.appending(path: "etc").path
        for command in [
            ["/usr/sbin/postfix", "-c", configuration, "check"],
            ["/usr/lib/postfix/sbin/master", "-c", configuration, "-w"],
        ] {
            let result = try await run(command)
            guard result.ending == .exited(0) else {
                throw Failure(description: "Postfix did not start: \(result.output)\n\(log)")
            }
        }
        let file = folder.appending(path: "spool/pid/master.pid")
        for _ in 0..<500 {
            // Not there yet: asked again.
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            if let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), FreePort.answers(port) {
                return master.withLock { $0 = pid }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(description: "Postfix did not open port \(port).\n\(log)")
    }

    private func stop() {
        if let pid = master.withLock({ $0 }) {
            kill(pid, SIGTERM)
            for _ in 0..<250 where Self.runs(pid) { usleep(20_000) }
        }
        // What cannot be removed stays below /tmp.
        try? FileManager.default.removeItem(at: folder)
    }

    /// A process that has ended and that nobody collects (a container without init) has an empty command line.
    private static func runs(_ pid: Int32) -> Bool {
        // A process that is gone has no file.
        let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))
        return line.map { !$0.isEmpty } ?? false
    }

    private func writeConfiguration() throws {
        let files = FileManager.default
        for name in ["etc", "spool", "data", "mail"] {
            try files.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        let owner = try Self.account("postfix")
        let reader = try Self.account("nobody")
        chown(folder.appending(path: "data").path, owner.user, owner.group)
        chown(folder.appending(path: "mail").path, reader.user, reader.group)
        chmod(folder.path, 0o755)
        for name in ["dynamicmaps.cf", "postfix-files"] {
            let source = "/etc/postfix/\(name)"
            guard files.fileExists(atPath: source) else { continue }
            try files.copyItem(atPath: source, toPath: folder.appending(path: "etc/\(name)").path)
        }
        try write(try services(), to: "etc/master.cf")
        try write(recipients(), to: "etc/recipients")
        try write(try main(user: reader.user, group: reader.group), to: "etc/main.cf")
    }

    private static func account(_ name: String) throws -> (user: uid_t, group: gid_t) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw Failure(description: "The user \(name) must exist.")
        }
        return (entry.pw_uid, entry.pw_gid)
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    /// Debian's services without chroot and without its ports, and ours.
    private func services() throws -> String {
        let candidates = ["/usr/share/postfix/master.cf.dist", "/etc/postfix/master.cf"]
        guard let path = candidates.first(where: FileManager.default.fileExists(atPath:)) else {
            throw Failure(description: "Postfix's master.cf is missing.")
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let kept = lines.compactMap { line -> String? in
            guard let first = line.first, first != "#", first != " " else { return nil }
            var fields = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            guard fields.count >= 8, fields[1] != "inet" else { return nil }
            fields[4] = "n"
            let isPipe = fields[7] == "pipe"
            return isPipe ? nil : fields.joined(separator: " ")
        }
        return kept.joined(separator: "\n") + "\n127.0.0.1:\(port) inet n - n - 100 smtpd\n"
    }

    private func recipients() -> String {
        let pattern = { (address: String) in "/^" + NSRegularExpression.escapedPattern(for: address) + "$/" }
        return options.refused.map { pattern($0) + " 550 5.1.1 No such user here\n" }.joined()
            + options.deferred.map { pattern($0) + " 450 4.2.0 Try again later\n" }.joined()
    }

    private func main(user: uid_t, group: gid_t) throws -> String {
        var lines = [
            "compatibility_level = 3.6",
            "queue_directory = \(folder.path)/spool",
            "data_directory = \(folder.path)/data",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "myhostname = \(options.hostName)",
            "mydestination =",
            "mynetworks =",
            "virtual_mailbox_domains = \(options.domains.joined(separator: ", "))",
            "virtual_mailbox_base = \(folder.path)/mail",
            "virtual_mailbox_maps = static:inbox/",
            "virtual_minimum_uid = 1",
            "virtual_uid_maps = static:\(user)",
            "virtual_gid_maps = static:\(group)",
            "smtpd_relay_restrictions = reject_unauth_destination",
            "smtpd_recipient_restrictions = check_recipient_access regexp:\(folder.path)/etc/recipients",
            "smtpd_client_connection_count_limit = 0",
            "smtp_dns_support_level = disabled",
            "smtputf8_enable = no",
            "default_process_limit = 100",
            "in_flow_delay = 0",
            "maillog_file = \(folder.path)/log",
            "maillog_file_prefixes = /tmp, /var",
            "smtpd_tls_security_level = \(options.certificateName == nil ? "none" : "may")",
            "smtpd_tls_loglevel = 1",
        ]
        if let name = options.certificateName {
            let signed = try authority.sign(name)
            try write(signed.pem + "\n", to: "etc/certificate.pem")
            try write(signed.keyPEM + "\n", to: "etc/key.pem")
            chmod(folder.appending(path: "etc/key.pem").path, 0o600)
            lines.append("smtpd_tls_cert_file = \(folder.path)/etc/certificate.pem")
            lines.append("smtpd_tls_key_file = \(folder.path)/etc/key.pem")
        }
        return (lines + options.settings).joined(separator: "\n") + "\n"
    }

    private func run(_ command: [String]) async throws -> (ending: ChildProcess.Ending, output: String) {
        let name = "start-\(command[0].split(separator: "/").last ?? "")"
        let child = try ChildProcess(
            command[0],
            Array(command.dropFirst()),
            outputIn: folder.path,
            named: name
        )
        return (try await child.end(), child.output + child.errors)
    }
}
