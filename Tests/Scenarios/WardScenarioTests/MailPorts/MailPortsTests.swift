// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardScenarioKit
import WardTestKit

/// The mail ports of a running installation, spoken to by swaks: what a program hands in arrives at a real Postfix over
/// verified TLS, and what comes back changes what it should, and nothing else.
@Suite(.serialized) struct MailPortsTests {
    struct Ports {
        let incoming: Int
        let submission: Int
        let submissionTLS: Int
        let folder: String
        let account: [String: String]

        /// What the account hands in.
        var credentials: [String] {
            ["--auth", "PLAIN", "--auth-user", account["login"] ?? "", "--auth-password", account["password"] ?? ""]
        }
        var handIn: [String] { ["--server", "127.0.0.1:\(submission)", "--tls"] + credentials }
        var handInTLS: [String] { ["--server", "127.0.0.1:\(submissionTLS)", "--tlsc"] + credentials }
    }

    /// Starts everything with one person on record, and stops it; `after` finds the installation at rest.
    func with(
        _ kind: StoreKind,
        after: (ScenarioPlace) async throws -> Void = { _ in },
        _ body: (ScenarioPlace, TestPostfix, Ports) async throws -> Void
    ) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await ScenarioPlace.with(kind) { place in
                let signed = try postfix.authority.sign("ward.lakeside.example")
                let (incoming, submission, submissionTLS) = (
                    try FreePort.find(), try FreePort.find(), try FreePort.find()
                )
                try place.configure(
                    store: place.store,
                    more: """
                          incoming: 127.0.0.1:\(incoming)
                          submission: 127.0.0.1:\(submission)
                          submissionTLS: 127.0.0.1:\(submissionTLS)
                          feedback: fbl
                          certificate: \(try place.write(signed.pem, to: "mail.pem"))
                          privateKey: \(try place.write(signed.keyPEM, to: "mail.key"))
                        """
                )
                let world = ScenarioWorld(
                    rootsPath: try place.write(postfix.authority.rootPEM, to: "roots.pem"),
                    routes: [
                        ScenarioWorld.route(
                            domain: "tls.example",
                            port: postfix.port,
                            certificateName: "mx.tls.example"
                        )
                    ]
                )
                let people =
                    "record_number,given_name,family_name,birth_date,email\r\n"
                    + "R-1,Ann,Lee,1950-03-11,ann@tls.example\r\n"
                let file = try place.write(people, to: "people.csv")
                let server = try await place.startServer(world)
                // The pages may be there before the mail ports are.
                let deadline = ContinuousClock.now + .seconds(60)
                while ![incoming, submission, submissionTLS].allSatisfy(FreePort.answers),
                    ContinuousClock.now < deadline
                {
                    try await Task.sleep(for: .milliseconds(20))
                }
                try await place.wardDoes("contacts", "import", file, "--json")
                let made = try await place.wardDoes("mail", "accounts", "make", "ehr", "--class", "treatment", "--json")
                let ports = Ports(
                    incoming: incoming,
                    submission: submission,
                    submissionTLS: submissionTLS,
                    folder: place.folder,
                    account: try KilledCampaignTests.fields(made)
                )
                try await body(place, postfix, ports)
                expectSame(try await place.stop(server), .exited(0))
                try await after(place)
            }
        }
    }

    /// Runs swaks and says how it ended: 0 done, 23 sender, 24 recipients refused, 25 DATA refused, 26 the message refused,
    /// 28 not signed in.
    func swaks(
        _ ports: Ports,
        _ name: String,
        _ arguments: [String]
    ) async throws -> (status: Int32, said: String) {
        let child = try ChildProcess(
            "/usr/bin/swaks",
            arguments + ["--timeout", "30", "--ehlo", "client.example"],
            outputIn: ports.folder,
            named: "swaks-\(name)"
        )
        guard case .exited(let status) = try await child.end(within: .seconds(60)) else { return (-1, child.output) }
        return (status, child.output + child.errors)
    }

    static func letter(_ identifier: String) -> [String] {
        [
            "--from", "results@lakeside.example", "--to", "ann@tls.example", "--header", "Subject: Your visit",
            "--header", "Message-Id: <\(identifier)@ehr.example>", "--body", "Please call us about your visit.",
        ]
    }

    @Test(.timeLimit(.minutes(5)), arguments: TestStore.kinds)
    func `a program hands in mail over TLS, and it arrives once over verified TLS`(kind: StoreKind) async throws {
        try await with(kind) { place, postfix, ports in
            let clear = try await swaks(
                ports,
                "clear",
                ["--server", "127.0.0.1:\(ports.submission)"] + ports.credentials + Self.letter("clear")
            )
            #expect(clear.status != 0 && !clear.said.contains("AUTH PLAIN AG"), "\(clear.said)")
            var wrong = ports.handIn
            wrong[wrong.count - 1] = "wrong"
            let stranger = try await swaks(ports, "stranger", wrong + Self.letter("stranger"))
            #expect(stranger.status == 28, "\(stranger.said)")
            let unknown = try await swaks(
                ports,
                "unknown",
                ports.handIn + ["--from", "results@lakeside.example", "--to", "nobody@tls.example", "--body", "x"]
            )
            #expect(unknown.status == 24 && unknown.said.contains("is not on record"), "\(unknown.said)")
            let foreign = try await swaks(
                ports,
                "foreign",
                ports.handIn + ["--from", "x@elsewhere.example", "--to", "ann@tls.example", "--body", "x"]
            )
            #expect(foreign.status != 0, "\(foreign.said)")
            for attempt in 1...2 {
                let kept = try await swaks(ports, "kept-\(attempt)", ports.handIn + Self.letter("first"))
                #expect(kept.status == 0, "\(kept.said)")
            }
            let atOnce = try await swaks(ports, "at-once", ports.handInTLS + Self.letter("second"))
            #expect(atOnce.status == 0, "\(atOnce.said)")
            let table = try place.write("day,hour\r\nMonday,9 to 12\r\n", to: "hours.csv")
            let attached = try await swaks(
                ports,
                "attached",
                ports.handIn + Self.letter("third")
                    + ["--attach-type", "text/csv", "--attach-name", "Öffnung.csv", "--attach", "@\(table)"]
            )
            #expect(attached.status == 0 && attached.said.contains("1 queued"), "\(attached.said)")
            let unread = try await swaks(
                ports,
                "unread",
                ports.handIn + Self.letter("fourth")
                    + ["--attach-type", "application/zip", "--attach-name", "x.zip", "--attach", "@\(table)"]
            )
            #expect(unread.status == 0 && unread.said.contains("1 waiting"), "\(unread.said)")
            let received = try await postfix.waitForMessages(3)
            #expect(received.filter { $0.content.contains("Content-Type: text/csv") }.count == 1)
            #expect(received.count == 3 && received.allSatisfy { $0.recipient == "ann@tls.example" })
            #expect(received.allSatisfy { $0.content.contains("Please call us about your visit.") })
            #expect(received.allSatisfy { !$0.content.contains("ehr.example") }, "the program's own header left")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: TestStore.kinds)
    func `a bounce to the keyed return path ends its message, and a forged one is refused`(kind: StoreKind) async throws
    {
        try await with(kind) { place, postfix, ports in
            let sent = try await swaks(ports, "sent", ports.handIn + Self.letter("bounced"))
            #expect(sent.status == 0, "\(sent.said)")
            let received = try #require(try await postfix.waitForMessages(1).first)
            let line = try #require(received.content.split(separator: "\n").first { $0.hasPrefix("Return-Path: <") })
            let path = String(line.dropFirst("Return-Path: <".count).prefix { $0 != ">" })
            #expect(path.hasPrefix("bounce+") && path.hasSuffix("@lakeside.example"))
            let report = try place.write(Self.report, to: "dsn.eml")
            let forged = path.replacing("bounce+", with: "bounce+x")
            for (name, to) in [("forged", forged), ("nobody", "care@lakeside.example"), ("relay", "ann@tls.example")] {
                let refused = try await swaks(ports, name, Self.comesBack(ports, to, report))
                #expect(refused.status == 24, "\(name): \(refused.said)")
            }
            let kept = try await swaks(ports, "bounce", Self.comesBack(ports, path, report))
            #expect(kept.status == 0, "\(kept.said)")
            let listed = try await place.wardDoes("mail", "incoming", "--json")
            let lines = listed.split(separator: "\n")
            #expect(lines.count == 1 && listed.contains("bounce"), "\(listed)")
            let message = try #require(try KilledCampaignTests.fields(String(lines[0]))["message"])
            let explained = try await place.wardDoes("mail", "explain", message, "--json")
            #expect(explained.contains("refused"), "\(explained)")
            let again = try await swaks(ports, "suppressed", ports.handIn + Self.letter("after"))
            #expect(again.status == 26 && again.said.contains("Nothing was sent"), "\(again.said)")
        }
    }

    private static func comesBack(_ ports: Ports, _ recipient: String, _ file: String) -> [String] {
        ["--server", "127.0.0.1:\(ports.incoming)", "--tls", "--from", "<>", "--to", recipient, "--data", "@\(file)"]
    }

    /// RFC 3464.
    static let report = """
        From: MAILER-DAEMON@mx.tls.example
        To: bounces@lakeside.example
        Subject: Undelivered Mail Returned to Sender
        Date: Thu, 26 Nov 2026 09:00:00 +0000
        Message-ID: <dsn1@mx.tls.example>
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

        --b1
        Content-Type: text/plain

        I could not deliver your message.

        --b1
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.tls.example

        Final-Recipient: rfc822; ann@tls.example
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 no such user

        --b1--

        """
}
