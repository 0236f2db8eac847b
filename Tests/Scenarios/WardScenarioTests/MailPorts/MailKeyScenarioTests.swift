// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardIdentity
import WardKernel
import WardPortal
import WardScenarioKit
import WardServer
import WardTestKit

/// A clinic and a person who write to each other with keys of their own: the person has OpenSSL and Sequoia, the clinic a
/// running installation, and a real Postfix stands between.
extension MailPortsTests {
    /// The person's programs, in the place's folder.
    private struct Person {
        let folder: String
        let key: String
        let certificate: String

        init(_ place: ScenarioPlace) throws {
            folder = place.folder
            (key, certificate) = (folder + "/ann.key", folder + "/ann.pem")
            try run(
                "/usr/bin/openssl",
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-keyout",
                key,
                "-out",
                certificate,
                "-days",
                "90",
                "-subj",
                "/CN=Ann",
                "-addext",
                "subjectAltName=email:ann@tls.example",
                "-addext",
                "basicConstraints=critical,CA:FALSE"
            )
            try run(
                "/usr/bin/sq",
                "key",
                "generate",
                "--userid",
                "<ann@tls.example>",
                "--export",
                folder + "/ann.secret"
            )
            try run("/usr/bin/sq", "key", "extract-cert", "--output", folder + "/ann.asc", folder + "/ann.secret")
        }

        func run(_ tool: String, _ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: tool)
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw ChildProcess.Failure(description: "\(tool) \(arguments) failed")
            }
        }

        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)), as: UTF8.self)
        }

        func write(_ text: String, _ name: String) throws -> String {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
            return folder + "/" + name
        }

        /// What is read of a message that was encrypted to the certificate and signed with the clinic's.
        func read(_ message: String, own: String) throws -> String {
            let sealed = try write(message, "sealed.eml")
            let (inner, plain) = (folder + "/inner", folder + "/plain")
            try run("/usr/bin/openssl", "cms", "-decrypt", "-in", sealed, "-inkey", key, "-out", inner)
            try run("/usr/bin/openssl", "cms", "-verify", "-in", inner, "-CAfile", own, "-out", plain)
            return try text("plain")
        }

        private static let letter =
            "Subject: About my knee\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\nIt says WORD.\r\n"

        /// A signed and encrypted answer, ready for swaks.
        func smime(_ word: String, own: String, cipher: String) throws -> String {
            let letter = try write(Self.letter.replacing("WORD", with: word), "letter")
            let (signed, sealed) = (folder + "/signed", folder + "/answer-\(word)")
            try run(
                "/usr/bin/openssl",
                "cms",
                "-sign",
                "-in",
                letter,
                "-signer",
                certificate,
                "-inkey",
                key,
                "-crlfeol",
                "-out",
                signed
            )
            try run(
                "/usr/bin/openssl",
                "cms",
                "-encrypt",
                cipher,
                "-crlfeol",
                "-from",
                "ann@tls.example",
                "-subject",
                "...",
                "-in",
                signed,
                "-out",
                sealed,
                own
            )
            return sealed
        }

        func openPGP(_ word: String, own: String) throws -> String {
            let letter = try write(Self.letter.replacing("WORD", with: word), "letter")
            let armored = folder + "/armored"
            try run(
                "/usr/bin/sq",
                "--force",
                "encrypt",
                "--recipient-cert",
                own,
                "--signer-key",
                folder + "/ann.secret",
                "--output",
                armored,
                letter
            )
            let mail = """
                From: ann@tls.example
                Subject: ...
                MIME-Version: 1.0
                Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b

                --b
                Content-Type: application/pgp-encrypted

                Version: 1
                --b
                Content-Type: application/octet-stream

                \(try text("armored"))
                --b--

                """
            return try write(mail, "answer-\(word)")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: TestStore.kinds)
    func `a clinic and a person write to each other signed and encrypted, and what cannot be opened is kept and marked`(
        kind: StoreKind
    ) async throws {
        try await with(kind, after: Self.expectAnswers) { place, postfix, ports in
            let person = try Person(place)
            let replyTo = try await conversation(place, postfix, ports)
            let contact = try await Self.contact(place)
            try await place.wardDoes("contacts", "keys", "add", contact, person.certificate)
            try await place.wardDoes("contacts", "keys", "add", contact, person.folder + "/ann.asc")
            let smime = try await ownKey(place, "smime-rsa", "own.pem")
            let openPGP = try await ownKey(place, "openpgp", "own.asc")
            let sent = try await swaks(ports, "sealed", ports.handIn + Self.letter("sealed"))
            #expect(sent.status == 0, "\(sent.said)")
            let received = try #require(try await postfix.waitForMessages(2).last).content
            #expect(received.contains("Subject: [...]") && !received.contains("Please call us about your visit."))
            let read = try person.read(received, own: smime)
            #expect(read.contains("Please call us about your visit.") && read.contains("Subject: "))
            let answers = [
                ("good", try person.smime("GOOD", own: smime, cipher: "-aes-256-gcm")),
                ("weak", try person.smime("WEAK", own: smime, cipher: "-aes256")),
                ("pgp", try person.openPGP("PGP", own: openPGP)),
            ]
            for (name, file) in answers {
                let arguments = ["--server", "127.0.0.1:\(ports.incoming)", "--tls", "--from", "ann@tls.example"]
                let taken = try await swaks(ports, name, arguments + ["--to", replyTo, "--data", "@\(file)"])
                #expect(taken.status == 0, "\(name): \(taken.said)")
            }
        }
    }

    /// A message to the portal begins a conversation; its notice names the address for answers.
    private func conversation(_ place: ScenarioPlace, _ postfix: TestPostfix, _ ports: Ports) async throws -> String {
        try await place.wardDoes("mail", "policy", "set", "domain:tls.example", "--methods", "portal")
        try await activate(place)
        let sent = try await swaks(ports, "portal", ports.handIn + Self.letter("portal"))
        #expect(sent.status == 0 && sent.said.contains("1 queued"), "\(sent.said)")
        let notice = try #require(try await postfix.waitForMessages(1).first).content
        try await place.wardDoes("mail", "policy", "unset", "domain:tls.example")
        try await activate(place)
        let line = try #require(notice.split(separator: "\n").first { $0.hasPrefix("Reply-To: ") })
        return String(line.dropFirst("Reply-To: ".count).filter { $0 != "<" && $0 != ">" })
    }

    private func activate(_ place: ScenarioPlace) async throws {
        try await place.wardDoes("mail", "policy", "try")
        try await place.wardDoes("mail", "policy", "activate", "--reason", "A test")
    }

    private static func contact(_ place: ScenarioPlace) async throws -> String {
        let lines = try await place.wardDoes("audit", "list", "--limit", "100", "--json").split(separator: "\n")
        for line in lines {
            if let subject = try KilledCampaignTests.fields(String(line))["subject"], !subject.isEmpty {
                return subject
            }
        }
        throw ChildProcess.Failure(description: "the audit log names no person")
    }

    /// Makes a key of the clinic and leaves its public half in a file.
    private func ownKey(_ place: ScenarioPlace, _ kind: String, _ file: String) async throws -> String {
        let made = try await place.wardDoes(
            "mail",
            "own-keys",
            "make",
            kind,
            "results@lakeside.example",
            "--signs-now",
            "--reason",
            "A test",
            "--json"
        )
        let key = try #require(try KilledCampaignTests.fields(made)["key"])
        return try place.write(try await place.wardDoes("mail", "own-keys", "export", key), to: file)
    }

    /// What the conversation shows.
    private static func expectAnswers(_ place: ScenarioPlace) async throws {
        try await place.opened { installation in
            let organization = try await installation.organization(named: nil).id
            let clinician = TestRequester.with(roles: [.clinician], of: organization, purpose: .treatment)
            let portal = installation.modules.portal
            let found = try await portal.threads(.needsAnswer, requester: clinician)
            let thread = try #require(found.threads.first)
            let detail = try await portal.thread(thread.id, requester: clinician)
            let answers = detail.messages.filter { $0.direction == .fromPerson }
                .map { $0.content.expose(for: .disclosing) { $0 } }
            #expect(answers.count == 3)
            let good = answers.filter { $0.text.contains("It says GOOD.") }
            #expect(good.map(\.subject) == ["About my knee"])
            #expect(good.map(\.protection.encryption) == [.opened] && good.map(\.protection.signature) == [.known])
            let pgp = answers.filter { $0.text.contains("It says PGP.") }
            #expect(pgp.map(\.subject) == ["About my knee"])
            #expect(pgp.map(\.protection.encryption) == [.opened] && pgp.map(\.protection.signature) == [.known])
            let weak = answers.filter { $0.protection.encryption == .notAuthenticated }
            #expect(weak.count == 1 && weak.allSatisfy { $0.text.isEmpty })
        }
    }
}
