// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardDelivery
import WardKernel
import WardMIME

/// What of a submitted message is carried on: sender, subject, text and HTML. The rest of its header stays behind (docs/
/// submission.md lists it), and a part that cannot be carried refuses the whole.
struct SubmittedContent: Sendable {
    let sender: EmailAddress
    let senderName: String
    let replyTo: EmailAddress?
    let content: Sensitive<ComposedContent>
    let messageIdentifier: String?
    let bodyDigest: [UInt8]

    init(_ octets: [UInt8]) throws {
        let mail: ParsedMail
        do {
            mail = try ParsedMail.parse(octets)
        } catch {
            throw SubmitRefusal.unreadable
        }
        guard mail.count(of: "From") == 1, let from = mail.header("From").map(MailboxList.init)?.mailboxes,
            from.count == 1, let sender = from.first
        else { throw SubmitRefusal.noSender }
        try Self.check(mail.body)
        guard let text = mail.text ?? mail.html.map(HTMLText.plain), !text.allSatisfy(\.isWhitespace) else {
            throw SubmitRefusal.empty
        }
        self.sender = sender.address
        senderName = sender.name
        replyTo = mail.header("Reply-To").map(MailboxList.init)?.mailboxes.first?.address
        content = Sensitive(
            ComposedContent(subject: mail.subject, text: text, html: mail.html, headers: Self.threading(mail))
        )
        messageIdentifier = mail.header("Message-ID").map { String($0.filter { !$0.isWhitespace }.prefix(300)) }
        bodyDigest = Digest.sha256(Array(octets[Self.bodyStart(octets)...]))
    }

    /// Text, HTML, and the multiparts that hold both; nothing else can be carried.
    private static func check(_ part: MailPart) throws(SubmitRefusal) {
        switch part.mediaType {
        case "multipart/alternative", "multipart/mixed": for child in part.parts { try check(child) }
        case "multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
            throw .alreadyProtected
        case "text/plain" where !part.isAttachment, "text/html" where !part.isAttachment: break
        default: throw .attachments
        }
    }

    private static func threading(_ mail: ParsedMail) -> [MailHeader] {
        ["In-Reply-To", "References"].compactMap { name in
            guard let value = mail.header(name)?.split(whereSeparator: \.isWhitespace).joined(separator: " "),
                (1...800).contains(value.utf8.count), value.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
            else { return nil }
            return MailHeader(name: name, value: value)
        }
    }

    private static func bodyStart(_ octets: [UInt8]) -> Int {
        var index = 0
        while index + 3 < octets.count {
            if octets[index] == 0x0d, octets[index + 1] == 0x0a, octets[index + 2] == 0x0d, octets[index + 3] == 0x0a {
                return index + 4
            }
            index += 1
        }
        return octets.count
    }
}
