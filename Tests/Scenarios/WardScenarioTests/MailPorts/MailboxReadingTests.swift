// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardTestKit

/// What a person's mail program sees of a message of Ward's: read by IMAP from a real Dovecot.
extension MailPortsTests {
    private static let dovecot = """
        base_dir = /run/dovecot
        log_path = FOLDER/log
        protocols = imap
        listen = 127.0.0.1
        ssl = required
        ssl_cert = <FOLDER/certificate.pem
        ssl_key = <FOLDER/key.pem
        mail_location = maildir:FOLDER/mail
        first_valid_uid = 100
        service imap-login {
          inet_listener imap {
            port = PORT
          }
          inet_listener imaps {
            port = 0
          }
        }
        passdb {
          driver = static
          args = password=reader
        }
        userdb {
          driver = static
          args = uid=reader gid=reader home=FOLDER/mail
        }

        """

    /// Text and HTML in two alphabets, and two files.
    private static let written = """
        From: results@lakeside.example
        To: ann@tls.example
        Subject: =?utf-8?B?U3UgY2l0YSDlgaXlurc=?=
        Message-ID: <shape@ehr.example>
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=m

        --m
        Content-Type: multipart/alternative; boundary=a

        --a
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit

        Señora, su cita 健康
        --a
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: 8bit

        <p>Señora, su cita 健康</p>
        --a--
        --m
        Content-Type: text/csv; charset=utf-8
        Content-Disposition: attachment; filename*=utf-8''%C3%96ffnung.csv
        Content-Transfer-Encoding: 8bit

        day,hour
        Lunés,9
        --m
        Content-Type: text/plain; charset=utf-8
        Content-Disposition: attachment; filename="way to us.txt"

        By bus.
        --m--

        """

    @Test(.timeLimit(.minutes(5)), .enabled(if: TestPeer.isAvailable, "run scripts/setup test as root"))
    func `Dovecot reads the structure that was meant, the names of the files, and every letter`() async throws {
        try await with(.sqlite) { place, postfix, ports in
            let file = try place.write(Self.written.replacing("\n", with: "\r\n"), to: "written.eml")
            let envelope = ["--from", "results@lakeside.example", "--to", "ann@tls.example"]
            let sent = try await swaks(ports, "shape", ports.handIn + envelope + ["--data", "@\(file)"])
            #expect(sent.status == 0 && sent.said.contains("1 queued"), "\(sent.said)")
            let message = try #require(try await postfix.waitForMessages(1).first).content
            let said = try await read(message, postfix.authority, parts: ["1.1", "1.2", "2", "3"], in: place)
            expectShape(said, message)
        }
    }

    private func expectShape(_ said: [String], _ message: String) {
        let structure = (said.first ?? "").lowercased()
        for part in [
            #""text" "plain" ("charset" "utf-8""#, #""text" "html" ("charset" "utf-8""#, #""alternative""#, #""mixed""#,
            #""text" "csv""#, #"%c3%96ffnung.csv"#, #"way to us.txt"#, #"("attachment" ("#,
        ] {
            #expect(structure.contains(part), "no \(part) in \(structure)\n\(message)")
        }
        let parts = said.dropFirst()
        #expect(parts.count == 4, "\(said)")
        for (number, text) in ["Señora, su cita 健康", "Señora, su cita 健康", #"day,hour\r\nLunés,9"#, "By bus."]
            .enumerated()
        where number < parts.count {
            #expect(parts[parts.startIndex + number].contains(text), "\(said)")
        }
    }

    private func read(
        _ message: String,
        _ authority: TestCertificateAuthority,
        parts: [String],
        in place: ScenarioPlace
    ) async throws -> [String] {
        let identity = TestPeer.Identity(authority: authority, name: "localhost")
        let command = """
            mkdir -p FOLDER/mail/new FOLDER/mail/cur FOLDER/mail/tmp
            cp FOLDER/message FOLDER/mail/new/1.ward
            chown -R reader:reader FOLDER/mail
            exec dovecot -F -c FOLDER/dovecot.conf
            """
        let files = ["dovecot.conf": Self.dovecot, "message": message]
        return try await TestPeer.with(identity, files: files, command: command) { peer in
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Support/Peers/read.py").path
            let child = try ChildProcess(
                "/usr/bin/python3",
                [script, "\(peer.port)", peer.folder + "/roots.pem"] + parts,
                environment: ["PYTHONIOENCODING": "utf-8"],
                outputIn: place.folder,
                named: "read"
            )
            let ending = try await child.end(within: .seconds(60))
            #expect(ending == .exited(0), "\(child.errors)\n\(peer.log)")
            return child.output.split(separator: "\n").map(String.init)
        }
    }
}
