// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardMIME

/// A folder for the files of real tools, and the tools.
struct ToolPlace: ~Copyable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ward-keys-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "gnupg"),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        _ = try? run("/usr/bin/gpgconf", ["--homedir", path("gnupg"), "--kill", "all"])
        // What cannot be removed from the temporary folder does not fail a test.
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: folder.appending(path: name)) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    /// Runs a tool in the folder; the test fails when it does.
    @discardableResult
    func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8"]
        let name = "output-\(UUID().uuidString.prefix(8))"
        try Data().write(to: folder.appending(path: name))
        let handle = try FileHandle(forWritingTo: folder.appending(path: name))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let output = String(decoding: try read(name), as: UTF8.self)
        if process.terminationStatus != 0 { throw ToolFailure(text: "\(tool) \(arguments.first ?? ""): \(output)") }
        return output
    }

    struct ToolFailure: Error { let text: String }

    /// A self-signed certificate and its key, by `openssl req`.
    func makeCertificate(_ name: String, key: [String], extensions: [String] = [], days: Int = 30) throws {
        let names = ["subjectAltName=email:\(name)@tls.example"] + extensions
        try run(
            "/usr/bin/openssl",
            ["req", "-x509", "-nodes", "-newkey"] + key
                + ["-keyout", "\(name).key", "-out", "\(name).pem", "-days", "\(days)", "-subj", "/CN=\(name)"]
                + names.flatMap { ["-addext", $0] }
        )
    }
}

/// Messages of every shape: text, HTML, an attachment, other languages.
enum ProtectedMails {
    static let time = Timestamp(seconds: 1_790_000_000)

    static func all() throws -> [(name: String, bytes: [UInt8])] {
        let file = MailAttachment(
            fileName: "résumé.pdf",
            mediaType: "application/pdf",
            content: (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        )
        return [
            ("text", try mail("Your results", text: "Hello\n\nThe clinic is open.\n")),
            ("html", try mail("Your results", text: "Hello", html: "<p>Hello <b>there</b></p>")),
            ("foreign", try mail("Grüße — 健康", text: "Señora, su cita 健康\n", html: "<p>Señora 健康</p>")),
            ("attachment", try mail("With a file", text: "See the file.", attachments: [file])),
        ]
    }

    static func mail(
        _ subject: String,
        text: String,
        html: String? = nil,
        attachments: [MailAttachment] = []
    ) throws -> [UInt8] {
        try MailMessage(
            from: Mailbox(try #require(EmailAddress("messages@lakeside.example")), name: "Lakeside"),
            to: [Mailbox(try #require(EmailAddress("person@tls.example")))],
            subject: subject,
            date: time,
            messageIdentifier: "1@lakeside.example",
            boundary: "ward-test",
            text: text,
            html: html,
            attachments: attachments
        ).encoded().bytes
    }
}
