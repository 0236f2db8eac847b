// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardTestKit

/// The configurations of docs/behind-ward.md, taken from there.
struct BehindWardGuide {
    private let text: String
    private let ports: MailPortsTests.Ports

    init(_ ports: MailPortsTests.Ports, page: String = "behind-ward.md") throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "docs/\(page)"), encoding: .utf8)
        self.ports = ports
    }

    /// A block of the guide, with this run's ports, account and folder.
    func block(_ name: String) throws -> String {
        let start = try #require(text.range(of: "```\(name)\n"), "the guide has no block \(name)")
        let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
        return String(text[start.upperBound..<end.lowerBound])
            .replacing("]:587", with: "]:\(ports.submission)").replacing("]:25", with: "]:\(ports.incoming)")
            .replacing("example:587", with: "example:\(ports.submission)")
            .replacing("example:25", with: "example:\(ports.incoming)")
            .replacing("port = 587", with: "port = \(ports.submission)")
            .replacing("port = 25", with: "port = \(ports.incoming)")
            .replacing("ehr@lakeside-health", with: ports.account["login"] ?? "")
            .replacing("PASSWORD", with: ports.account["password"] ?? "")
            .replacing("/etc/postfix/", with: "FOLDER/").replacing("/etc/mail/", with: "FOLDER/")
            .replacing("/etc/exim4/", with: "FOLDER/")
            // The tests' hosts are this host, to which Exim does not relay unless told so.
            .replacing("  driver = manualroute\n", with: "  driver = manualroute\n  self = send\n")
    }

    enum System: String, CaseIterable, Sendable { case postfix, exim, openSMTPD }

    func files(_ system: System) throws -> [String: String] {
        switch system {
        case .postfix:
            try [
                "main.cf": TestPeerFiles.postfix + block("postfix-main"), "ward": block("postfix-ward"),
                "ward-transport": block("postfix-transport"),
            ]
        case .exim:
            try [
                "exim.conf": TestPeerFiles.exim + "begin routers\n" + block("exim-routers") + "begin transports\n"
                    + block("exim-transports") + "begin authenticators\n" + block("exim-authenticators")
            ]
        case .openSMTPD:
            try [
                "smtpd.conf": "listen on 127.0.0.1 port PORT hostname mail.lakeside.example\n" + block("opensmtpd"),
                "ward": block("opensmtpd-ward"),
            ]
        }
    }
}

/// What the configurations of the peers have beside what is tested.
enum TestPeerFiles {
    static let postfix = """
        compatibility_level = 3.6
        queue_directory = /var/spool/postfix
        data_directory = /var/lib/postfix
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = mail.lakeside.example
        mydestination =
        mynetworks = 127.0.0.0/8
        smtp_host_lookup = native
        maillog_file = FOLDER/log
        maillog_file_prefixes = /tmp, /var

        """
    static let exim = """
        primary_hostname = mail.lakeside.example
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = PORT
        exim_user = Debian-exim
        exim_group = Debian-exim
        spool_directory = /var/spool/exim4
        log_file_path = /var/spool/exim4/%slog
        keep_environment =
        acl_smtp_rcpt = accept
        acl_smtp_data = accept

        """

    static func command(_ system: BehindWardGuide.System) -> String {
        switch system {
        case .postfix:
            """
            mkdir -p /var/spool/postfix /var/lib/postfix && chown postfix /var/lib/postfix
            awk '!/^#/ && !/^ / && NF>=8 && $2!="inet" && $8!="pipe" {$5="n"; print}' /usr/share/postfix/master.cf.dist \
                >FOLDER/master.cf
            echo "127.0.0.1:$(cat FOLDER/port) inet n - n - - smtpd" >>FOLDER/master.cf
            exec postfix -c FOLDER start-fg
            """
        case .exim: "exec exim4 -bdf -q5s"
        case .openSMTPD: "chmod 640 FOLDER/ward; chgrp opensmtpd FOLDER/ward; exec smtpd -d -f FOLDER/smtpd.conf"
        }
    }
}

/// Existing mail systems hand on what they have to Ward, as the guide in `docs` says.
extension MailPortsTests {
    // The peers do not know which database Ward has: one is enough.
    @Test(.timeLimit(.minutes(5)), .enabled(if: TestPeer.isAvailable, "run scripts/setup test as root"))
    func `Postfix, Exim and OpenSMTPD send through Ward and hand it what comes back, as the guide says`() async throws {
        try await with(.sqlite) { place, postfix, ports in
            let identity = TestPeer.Identity(authority: postfix.authority, name: "mail.lakeside.example")
            let guide = try BehindWardGuide(ports)
            let report = try place.write(Self.report, to: "dsn.eml")
            var returned: [(system: BehindWardGuide.System, path: String)] = []
            for (number, system) in BehindWardGuide.System.allCases.enumerated() {
                try await relaying(identity, guide, system) { peer in
                    let sent = try await swaks(
                        ports,
                        "out-\(system)",
                        ["--server", "127.0.0.1:\(peer.port)"] + Self.letter("\(system)")
                    )
                    #expect(sent.status == 0, "\(system): \(sent.said)\n\(peer.log)")
                    let deadline = ContinuousClock.now + .seconds(40)
                    while postfix.messageCount <= number, ContinuousClock.now < deadline {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    let all = try postfix.messages()
                    #expect(all.count == number + 1, "\(system):\n\(peer.log)")
                    let new = try #require(
                        all.first { message in !returned.contains { message.content.contains($0.path) } }
                    )
                    #expect(new.content.contains("Please call us about your visit."))
                    returned.append((system, try Self.returnPath(new.content)))
                }
            }
            for (number, (system, path)) in returned.enumerated() {
                try await relaying(identity, guide, system) { peer in
                    let handed = try await swaks(
                        ports,
                        "back-\(system)",
                        ["--server", "127.0.0.1:\(peer.port)", "--from", "<>", "--to", path, "--data", "@\(report)"]
                    )
                    #expect(handed.status == 0, "\(system): \(handed.said)\n\(peer.log)")
                    let deadline = ContinuousClock.now + .seconds(40)
                    var count = 0
                    while count <= number, ContinuousClock.now < deadline {
                        count = try await place.wardDoes("mail", "incoming", "--json").split(separator: "\n").count
                    }
                    #expect(count == number + 1, "\(system):\n\(peer.log)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), .enabled(if: TestPeer.isAvailable, "run scripts/setup test as root"))
    func `a system that follows the guide hands nothing to a server whose certificate it cannot prove`() async throws {
        try await with(.sqlite) { _, postfix, ports in
            let guide = try BehindWardGuide(ports)
            let stranger = try TestCertificateAuthority(named: "Stranger")
            let identity = TestPeer.Identity(authority: stranger, name: "mail.lakeside.example")
            for system in BehindWardGuide.System.allCases {
                try await relaying(identity, guide, system) { peer in
                    let taken = try await swaks(
                        ports,
                        "untrusted-\(system)",
                        ["--server", "127.0.0.1:\(peer.port)"] + Self.letter("untrusted-\(system)")
                    )
                    #expect(taken.status == 0, "\(system): \(taken.said)\n\(peer.log)")
                    let (failed, sent) = Self.endings(system)
                    try await peer.says([failed, sent])
                    #expect(peer.log.contains(failed) && !peer.log.contains(sent), "\(system):\n\(peer.log)")
                }
            }
            #expect(postfix.messageCount == 0)
        }
    }

    /// What its log says when a server cannot be proved, and when a message was taken.
    private static func endings(_ system: BehindWardGuide.System) -> (failed: String, sent: String) {
        switch system {
        case .postfix: ("Server certificate not verified", "status=sent")
        case .exim: (" == ann@", " => ")
        case .openSMTPD: ("result=\"TempFail\"", "result=\"Ok\"")
        }
    }

    func relaying(
        _ identity: TestPeer.Identity,
        _ guide: BehindWardGuide,
        _ system: BehindWardGuide.System,
        changing change: (inout [String: String]) throws -> Void = { _ in },
        _ body: (TestPeer) async throws -> Void
    ) async throws {
        var files = try guide.files(system)
        files["port"] = "PORT"
        try change(&files)
        try await TestPeer.with(identity, files: files, command: TestPeerFiles.command(system), body)
    }

    static func returnPath(_ message: String) throws -> String {
        let line = try #require(message.split(separator: "\n").first { $0.hasPrefix("Return-Path: <") })
        return String(line.dropFirst("Return-Path: <".count).prefix { $0 != ">" })
    }
}
