// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import WardKernel

/// The pages on which the mail world's mailboxes are read. Everything in them is made up and in memory only.
struct InboxSite: Sendable {
    let inboxes: Inboxes
    let signatures: InboxSignatures
    let port: Int

    func run() async throws {
        let router = Router()
        router.get("/") { request, _ in
            let recipient = request.uri.queryParameters["mailbox"].map { String($0).lowercased() }
            return Self.html(listing(recipient: recipient?.isEmpty == true ? nil : recipient))
        }
        router.get("/message/:number") { _, context in
            let number = context.parameters.get("number", as: Int.self) ?? 0
            guard let message = inboxes.message(number) else {
                return Self.html(
                    Self.page("Not here", "<p>There is no such message (any more).</p>"),
                    status: .notFound
                )
            }
            return Self.html(Self.reading(message, await signatures.findings(on: message.bytes)))
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: Logger(label: "inboxes") { _ in SwiftLogNoOpLogHandler() }
        )
        try await application.run()
    }

    private func listing(recipient: String?) -> String {
        let messages = inboxes.newest(200, recipient: recipient)
        let rows = messages.map { message in
            let opened = InboxMessage(message.bytes)
            return """
                <tr><td><a href="/message/\(message.number)">\(Self.escaped(opened.subject))</a></td>
                <td><a href="/?mailbox=\(Self.escaped(Self.percent(message.recipient)))">\(Self.escaped(message.recipient))</a></td>
                <td>\(Self.escaped(message.protection == "none" ? "no TLS" : message.protection))</td>
                <td><time>\(Self.escaped(message.received.description))</time></td></tr>
                """
        }
        let domains = ReceivingBehaviour.allCases.map { "<li><code>\($0.domain)</code> \($0.summary)</li>" }
        let empty = "<p>No mail has come yet. Send a campaign, and it arrives here.</p>"
        let table = """
            <div class="scroll" role="region" aria-label="Messages" tabindex="0"><table><thead><tr><th scope="col">Subject</th>
            <th scope="col">Mailbox</th><th scope="col">Came by</th><th scope="col">Received (UTC)</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            """
        return Self.page(
            recipient.map { "Mailbox \($0)" } ?? "Mailboxes of the demonstration",
            """
            <p>Everybody here is made up. These mailboxes are in memory only: they are gone when the demonstration ends.
            \(inboxes.count) messages have come; the newest \(messages.count) are shown.</p>
            <form action="/" method="get"><label for="mailbox">One mailbox</label>
            <input id="mailbox" name="mailbox" type="text" value="\(Self.escaped(recipient ?? ""))"> <button>Show</button></form>
            \(messages.isEmpty ? empty : table)
            <h2>The invented domains</h2><ul>\(domains.joined())</ul>
            """
        )
    }

    private static func reading(_ message: ReceivedMessage, _ findings: [InboxSignatures.Finding]) -> String {
        let opened = InboxMessage(message.bytes)
        let headers = opened.headers.map {
            "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
        }
        let signatures = findings.map { finding in
            "<li>DKIM: <strong>\(escaped(finding.words))</strong> (\(escaped(finding.signer)))</li>"
        }
        return page(
            opened.subject,
            """
            <p>From <strong>\(escaped(opened.from))</strong> to <strong>\(escaped(message.recipient))</strong>,
            \(message.protection == "none" ? "without TLS" : "over TLS").</p>
            <ul>\(signatures.isEmpty ? "<li>DKIM: <strong>not signed</strong></li>" : signatures.joined())</ul>
            <article>\(linked(opened.text))</article>
            <details><summary>All headers</summary><table>\(headers.joined())</table></details>
            <p><a href="/">All mailboxes</a></p>
            """
        )
    }

    /// Text with its line ends, and web addresses as links.
    private static func linked(_ text: String) -> String {
        let address = /https?:\/\/[^\s<>"]+/
        return escaped(text).replacing(address) { "<a href=\"\($0.output)\">\($0.output)</a>" }
            .replacingOccurrences(of: "\n", with: "<br>")
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }

    private static func percent(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }

    private static func page(_ title: String, _ body: String) -> String {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(escaped(title)) · mail world</title><style>
        :root{color-scheme:light dark;--line:#8886}body{background:light-dark(#fff,#15181c);color:light-dark(#1b1f24,#e7e9ec)}a{color:light-dark(#2557a7,#8ab4f8)}body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
        article{border:1px solid var(--line);border-radius:6px;padding:1rem;margin:1rem 0;max-width:40rem;overflow-wrap:anywhere}
        .scroll{overflow-x:auto}input,button{font:inherit;padding:.4rem}code{font-family:ui-monospace,monospace}
        </style></head><body><main><h1>\(escaped(title))</h1>\(body)</main></body></html>
        """
    }
}
