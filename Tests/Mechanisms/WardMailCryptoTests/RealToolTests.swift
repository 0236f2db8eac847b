// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardMIME

@testable import WardMailCrypto

/// Both directions with two other implementations: dkimpy and OpenDKIM, from Debian's packages.
@Suite struct RealToolTests {
    /// A folder with the records in the form of each tool.
    private struct Workplace: ~Copyable {
        let folder: URL

        init(records: [String: String]) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "ward-dkim-\(UUID().uuidString.prefix(8))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let lines = records.map { "\($0.key) \($0.value)" }.joined(separator: "\n") + "\n"
            try write(lines, "records")
            try write("Mode v\nTestDNSData \(folder.path)/records\nSocket local:\(folder.path)/socket\n", "verify.conf")
        }

        deinit {
            // What cannot be removed from the temporary folder does not fail a test.
            try? FileManager.default.removeItem(at: folder)
        }

        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }

        func write(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: folder.appending(path: name))
        }

        /// Runs a tool, its output with its errors.
        func run(_ tool: String, _ arguments: [String], input: String? = nil) throws -> (status: Int32, output: Data) {
            let output = folder.appending(path: "output")
            try Data().write(to: output)
            let handle = try FileHandle(forWritingTo: output)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: tool)
            process.arguments = arguments
            if let input { process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: input)) }
            process.standardOutput = handle
            process.standardError = handle
            try process.run()
            process.waitUntilExit()
            return (process.terminationStatus, try Data(contentsOf: output))
        }
    }

    private static let dkimpy = """
        import sys, dkim
        records = dict(line.rstrip("\\n").split(" ", 1) for line in open(sys.argv[2]))
        def dns(name, timeout=5):
            return records.get(name.decode().rstrip("."), "").encode() or None
        message = open(sys.argv[1], "rb").read()
        signed = dkim.DKIM(message)
        for number in range(int(sys.argv[3])):
            print(number, signed.verify(idx=number, dnsfunc=dns))
        """

    private static let dkimpySign = """
        import sys, dkim
        message = open(sys.argv[1], "rb").read()
        key = open(sys.argv[2], "rb").read()
        canonicalize = tuple(sys.argv[4].encode().split(b"/"))
        sys.stdout.buffer.write(dkim.sign(message, b"one-" + sys.argv[3].encode(), b"lakeside.example", key,
            canonicalize=canonicalize, signature_algorithm=sys.argv[3].encode() + b"-sha256") + message)
        """

    private static func mail(
        _ subject: String,
        text: String,
        html: String? = nil,
        attachments: [MailAttachment] = []
    ) throws -> [UInt8] {
        try MailMessage(
            from: Mailbox(try #require(EmailAddress("messages@lakeside.example")), name: "Lakeside Klinik für alle"),
            to: [Mailbox(try #require(EmailAddress("person@tls.example")))],
            replyTo: Mailbox(try #require(EmailAddress("answers@lakeside.example"))),
            subject: subject,
            date: SignedMail.now,
            messageIdentifier: "1@lakeside.example",
            boundary: "ward-test",
            text: text,
            html: html,
            attachments: attachments,
            headers: MailHeaderField.unsubscribe(url: "https://mail.lakeside.example/u/abc")
        ).encoded().bytes
    }

    private static func mails() throws -> [(name: String, bytes: [UInt8])] {
        let long = String(repeating: "A sentence that is repeated. ", count: 60)
        return [
            ("text", try mail("News", text: "Hello\n\nThe clinic is open.\n")),
            ("html", try mail("News", text: "Hello", html: "<p>Hello <b>there</b></p>\n<p>.</p>")),
            ("foreign", try mail("Grüße — 健康", text: "Señora, su cita 健康\n", html: "<p>Señora 健康</p>")),
            ("long", try mail("News " + String(long.prefix(400)), text: long + "\n" + long, html: "<p>\(long)</p>")),
            (
                "attachment",
                try mail(
                    "With a file",
                    text: "See the file.",
                    attachments: [
                        MailAttachment(
                            fileName: "résumé.pdf",
                            mediaType: "application/pdf",
                            content: (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                        )
                    ]
                )
            ),
            ("empty", try mail("Nothing", text: "")),
            ("spaces", try mail("Spaces", text: "a  b \t c  \n\n \n  d\n\n\n\n")),
        ]
    }

    @Test func `a message that Ward signs verifies with dkimpy and with OpenDKIM`() throws {
        let place = try Workplace(records: try SignedMail.records())
        try place.write(Self.dkimpy, "verify.py")
        for (name, bytes) in try Self.mails() {
            try place.write(try SignedMail.sign(bytes), "message")
            let path = place.folder.appending(path: "message").path
            let records = place.folder.appending(path: "records").path
            let python = try place.run(
                "/usr/bin/python3",
                [place.folder.appending(path: "verify.py").path, path, records, "2"]
            )
            #expect(String(decoding: python.output, as: UTF8.self) == "0 True\n1 True\n", "dkimpy, \(name)")
            let filter = try place.run(
                "/usr/sbin/opendkim",
                ["-x", place.folder.appending(path: "verify.conf").path, "-t", path, "-v", "-v"]
            )
            let output = String(decoding: filter.output, as: UTF8.self)
            #expect(filter.status == 0, "OpenDKIM, \(name): \(output)")
            #expect(output.components(separatedBy: "dkim=pass").count == 3, "OpenDKIM, \(name): \(output)")
        }
    }

    @Test func `both tools find a message that was changed on the way`() throws {
        let place = try Workplace(records: try SignedMail.records())
        try place.write(Self.dkimpy, "verify.py")
        let signed = String(decoding: try SignedMail.sign(SignedMail.plain), as: UTF8.self)
        try place.write(signed.replacing("Subject: News", with: "Subject: Bill"), "message")
        let path = place.folder.appending(path: "message").path
        let records = place.folder.appending(path: "records").path
        let python = try place.run(
            "/usr/bin/python3",
            [place.folder.appending(path: "verify.py").path, path, records, "2"]
        )
        #expect(!String(decoding: python.output, as: UTF8.self).contains("True"))
        let filter = try place.run(
            "/usr/sbin/opendkim",
            ["-x", place.folder.appending(path: "verify.conf").path, "-t", path, "-v", "-v"]
        )
        #expect(!String(decoding: filter.output, as: UTF8.self).contains("dkim=pass"))
    }

    /// The RSA key in the form that both tools read; Ed25519 as dkimpy keeps it.
    private static func keyText(_ key: DKIMSigningKey) throws -> String {
        try key.stored().expose(for: .evaluating) { octets in
            guard key.algorithm == .rsa else { return Data(octets).base64EncodedString() }
            let lines = Data(octets).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            return "-----BEGIN PRIVATE KEY-----\n\(lines)\n-----END PRIVATE KEY-----\n"
        }
    }

    @Test(arguments: ["simple/simple", "relaxed/relaxed", "relaxed/simple", "simple/relaxed"])
    func `what dkimpy signs verifies with Ward`(canonicalization: String) throws {
        let place = try Workplace(records: [:])
        try place.write(Self.dkimpySign, "sign.py")
        for key in [try SignedMail.rsa.get(), try SignedMail.ed25519.get()] {
            try place.write(try Self.keyText(key), "key")
            for (name, bytes) in try Self.mails() {
                try place.write(bytes, "message")
                let signed = try place.run(
                    "/usr/bin/python3",
                    [
                        place.folder.appending(path: "sign.py").path, place.folder.appending(path: "message").path,
                        place.folder.appending(path: "key").path, key.algorithm.keyType, canonicalization,
                    ]
                )
                #expect(
                    try SignedMail.verdicts(Array(signed.output), now: .machine) == [.verified],
                    "\(name): \(String(decoding: signed.output.prefix(400), as: UTF8.self))"
                )
            }
        }
    }

    @Test(arguments: ["simple/simple", "relaxed/relaxed", "relaxed/simple", "simple/relaxed"])
    func `what OpenDKIM signs verifies with Ward`(canonicalization: String) throws {
        let place = try Workplace(records: [:])
        // OpenDKIM 2.11's Ed25519 over a simple header verifies with no other implementation, dkimpy among them.
        let isSimple = canonicalization.hasPrefix("simple")
        for key in [try SignedMail.rsa.get()] + (isSimple ? [] : [try SignedMail.ed25519.get()]) {
            try place.write(try Self.privacyEnhanced(key), "key")
            let keyPath = place.folder.appending(path: "key").path
            chmod(keyPath, 0o600)
            let settings = """
                Mode s
                Domain \(SignedMail.domain)
                Selector one-\(key.algorithm.keyType)
                KeyFile \(keyPath)
                RequireSafeKeys false
                Canonicalization \(canonicalization)
                SignatureAlgorithm \(key.algorithm.rawValue)
                OversignHeaders From
                Socket local:\(place.folder.path)/socket

                """
            try place.write(settings, "sign.conf")
            for (name, bytes) in try Self.mails() {
                try place.write(bytes, "message")
                let path = place.folder.appending(path: "message").path
                let made = try place.run(
                    "/usr/sbin/opendkim",
                    ["-x", place.folder.appending(path: "sign.conf").path, "-t", path]
                )
                // The field comes behind a line with the file's name, folded with CRLF and ended with LF.
                let lines = String(decoding: made.output, as: UTF8.self).replacing("\r\n", with: "\n")
                    .split(separator: "\n").dropFirst()
                let field = lines.prefix { $0.hasPrefix("DKIM-Signature:") || $0.hasPrefix("\t") }
                let signed = SignedMail.octets(field.joined(separator: "\n") + "\n") + bytes
                #expect(try SignedMail.verdicts(signed, now: .machine) == [.verified], "\(name)")
            }
        }
    }

    /// RFC 7468, which OpenDKIM reads: PKCS#8 for both (RFC 8410 section 7 for Ed25519).
    private static func privacyEnhanced(_ key: DKIMSigningKey) throws -> String {
        guard key.algorithm == .ed25519 else { return try keyText(key) }
        let head: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        return try key.stored().expose(for: .evaluating) { octets in
            "-----BEGIN PRIVATE KEY-----\n\(Data(head + octets).base64EncodedString())\n-----END PRIVATE KEY-----\n"
        }
    }
}

extension Timestamp {
    /// The tools take t= from the machine's clock.
    fileprivate static var machine: Timestamp { Surroundings.machine.now() }
}
