// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardTestKit

/// The mail ports before programs that break the rules, and before one that looks for weak TLS.
extension MailPortsTests {
    private func talk(_ ports: Ports, _ port: Int, _ name: String, _ text: String) async throws -> [String] {
        let file = "\(ports.folder)/\(name).in"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Support/Peers/talk.py").path
        let child = try ChildProcess(
            "/usr/bin/python3",
            [script, "\(port)", file],
            outputIn: ports.folder,
            named: "talk-\(name)"
        )
        let ending = try await child.end(within: .seconds(40))
        #expect(ending == .exited(0), "\(name): \(child.errors)")
        return child.output.split(whereSeparator: \.isNewline).map(String.init)
    }

    // Nothing of it reaches a database but sign-ins: one is enough.
    @Test(.timeLimit(.minutes(5)))
    func `programs that break the rules of SMTP get nothing through the mail ports`() async throws {
        try await with(.sqlite) { place, postfix, ports in
            try await expectNoSignInInClear(ports)
            try await expectNoInjection(ports)
            try await expectNoSmuggling(place, ports)
            try await expectSize(place, ports)
            let kept = try await swaks(ports, "good", ports.handInTLS + ["--pipeline"] + Self.letter("good"))
            #expect(kept.status == 0, "\(kept.said)")
            let received = try await postfix.waitForMessages(1)
            #expect(received.count == 1 && !received[0].content.contains("smuggled"))
        }
    }

    /// With right credentials, before TLS.
    private func expectNoSignInInClear(_ ports: Ports) async throws {
        let words = "\u{0}\(ports.account["login"] ?? "")\u{0}\(ports.account["password"] ?? "")"
        let secret = Data(words.utf8).base64EncodedString()
        for (name, port) in [("incoming", ports.incoming), ("submission", ports.submission)] {
            let said = try await talk(ports, port, "auth-\(name)", "EHLO x.example\r\nAUTH PLAIN \(secret)\r\nQUIT\r\n")
            #expect(!said.contains { $0.hasPrefix("235") || $0.contains("AUTH PLAIN") }, "\(name): \(said)")
            #expect(said.contains { $0.hasPrefix("5") }, "\(name): \(said)")
        }
        for (name, base) in [("587", ports.handIn), ("465", ports.handInTLS)] {
            var arguments = base
            arguments[arguments.count - 1] = "wrong"
            let wrong = try await swaks(ports, "wrong-\(name)", arguments + Self.letter("wrong"))
            #expect(wrong.status == 28 && wrong.said.contains("535 5.7.8"), "\(wrong.said)")
        }
        let incoming = ["--server", "127.0.0.1:\(ports.incoming)", "--tls"] + ports.credentials
        let elsewhere = try await swaks(ports, "auth-25", incoming + Self.letter("elsewhere"))
        #expect(elsewhere.status == 28, "port 25 signs nobody in: \(elsewhere.said)")
    }

    /// What is written behind STARTTLS must not count as said under TLS (CVE-2011-0411), and HTTP is no SMTP.
    private func expectNoInjection(_ ports: Ports) async throws {
        for (name, port) in [("incoming", ports.incoming), ("submission", ports.submission)] {
            let injected =
                "EHLO x.example\r\nSTARTTLS\r\nMAIL FROM:<results@lakeside.example>\r\nRCPT TO:<ann@tls.example>\r\n"
            let said = try await talk(ports, port, "injected-\(name)", injected)
            #expect(said.contains { $0.hasPrefix("554 5.5.1") }, "\(name): \(said)")
            #expect(!said.contains { $0.hasPrefix("250 2.1") }, "\(name): \(said)")
            let post = "POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x.example\r\nMAIL FROM:<a@b.example>\r\n"
            let browser = try await talk(ports, port, "post-\(name)", post)
            #expect(browser.contains { $0.hasPrefix("554 5.5.1") } && !browser.contains { $0.hasPrefix("250") })
        }
    }

    /// A second message in the first, by every end of data that some server believes.
    private func expectNoSmuggling(_ place: ScenarioPlace, _ ports: Ports) async throws {
        let ends = [
            "lf-lf": "\n.\n", "lf-crlf": "\n.\r\n", "crlf-lf": "\r\n.\n", "cr-cr": "\r.\r", "cr-crlf": "\r.\r\n",
            "crlf-cr": "\r\n.\r", "nul": "\r\n.\u{0}\r\n", "crlf-dot-cr-lf": "\r\n.\r\r\n",
        ]
        for (name, end) in ends {
            let text =
                "From: results@lakeside.example\r\nSubject: first\r\n\r\nfirst\(end)"
                + "MAIL FROM:<results@lakeside.example>\r\nRCPT TO:<ann@tls.example>\r\nDATA\r\n"
                + "From: results@lakeside.example\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"
            let file = try place.write(text, to: "smuggled-\(name).eml")
            let envelope = ["--from", "results@lakeside.example", "--to", "ann@tls.example"]
            let said = try await swaks(
                ports,
                "smuggled-\(name)",
                ports.handIn + envelope + ["--no-data-fixup", "--data", "@\(file)"]
            )
            #expect(said.status == 26 && said.said.contains("550 5.6.0"), "\(name): \(said.said.suffix(2_000))")
            let afterData = try #require(said.said.components(separatedBy: "<~  354").last)
            #expect(!afterData.contains("<~  250"), "\(name)")
        }
    }

    /// More than what is announced, both announced and not.
    private func expectSize(_ place: ScenarioPlace, _ ports: Ports) async throws {
        let said = try await talk(
            ports,
            ports.incoming,
            "size",
            "EHLO x.example\r\nMAIL FROM:<a@b.example> SIZE=99999999999\r\nQUIT\r\n"
        )
        #expect(said.contains { $0.hasPrefix("552 5.3.4") }, "\(said)")
        let line = String(repeating: "x", count: 76) + "\r\n"
        let text = "From: results@lakeside.example\r\nSubject: big\r\n\r\n" + String(repeating: line, count: 360_000)
        let file = try place.write(text, to: "big.eml")
        let envelope = ["--from", "results@lakeside.example", "--to", "ann@tls.example"]
        let big = try await swaks(ports, "big", ports.handInTLS + envelope + ["--suppress-data", "--data", "@\(file)"])
        #expect(big.status == 26 && big.said.contains("552 5.3.4"), "\(big.said.suffix(1_000))")
    }

    @Test(.timeLimit(.minutes(5)))
    func `testssl finds no old version, no weak cipher and no known hole on the mail ports`() async throws {
        try await with(.sqlite) { _, _, ports in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (name, port, starts) in [
                    ("25", ports.incoming, true), ("587", ports.submission, true), ("465", ports.submissionTLS, false),
                ] {
                    group.addTask { try await examine(ports, name, port, startTLS: starts) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func examine(_ ports: Ports, _ name: String, _ port: Int, startTLS: Bool) async throws {
        let report = "\(ports.folder)/testssl-\(name).json"
        let child = try ChildProcess(
            "/usr/bin/testssl",
            (startTLS ? ["--starttls", "smtp"] : [])
                + ["--protocols", "--std", "--fs", "--vulnerable", "--nodns", "min", "--warnings", "off"]
                + ["--color", "0", "--quiet", "--ip", "127.0.0.1", "--jsonfile", report]
                + ["ward.lakeside.example:\(port)"],
            outputIn: ports.folder,
            named: "testssl-\(name)"
        )
        _ = try await child.end(within: .seconds(200))
        try expectNothingFound(name, report, child.output)
    }

    private struct Finding: Decodable {
        let id: String
        let severity: String
        let finding: String
    }

    private func expectNothingFound(_ name: String, _ path: String, _ said: String) throws {
        let data = try #require(FileManager.default.contents(atPath: path), "\(name): \(said)")
        let findings = try JSONDecoder().decode([Finding].self, from: data)
        let bad = findings.filter { ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].contains($0.severity) }
        #expect(bad.isEmpty, "\(name): \(bad)")
        let offered = Dictionary(findings.map { ($0.id, $0.finding) }) { first, _ in first }
        for version in ["SSLv2", "SSLv3", "TLS1", "TLS1_1"] {
            #expect(offered[version]?.hasPrefix("not offered") == true, "\(name) \(version): \(offered[version] ?? "")")
        }
        for version in ["TLS1_2", "TLS1_3"] {
            #expect(offered[version]?.hasPrefix("offered") == true, "\(name) \(version): \(offered[version] ?? "")")
        }
        // Ciphers without authenticated encryption.
        for list in [
            "cipherlist_NULL", "cipherlist_aNULL", "cipherlist_LOW", "cipherlist_3DES_IDEA", "cipherlist_AVERAGE",
        ] {
            #expect(offered[list] == "not offered", "\(name) \(list): \(offered[list] ?? "not asked")")
        }
        for hole in [
            "heartbleed", "CCS", "ROBOT", "CRIME_TLS", "POODLE_SSL", "SWEET32", "FREAK", "DROWN", "LOGJAM", "RC4",
            "LUCKY13",
        ] {
            #expect(
                offered[hole]?.contains("not vulnerable") == true,
                "\(name) \(hole): \(offered[hole] ?? "not asked")"
            )
        }
    }
}
