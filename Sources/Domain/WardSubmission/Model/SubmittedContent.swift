// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCrypto
import WardDelivery
import WardKernel
import WardMIME

/// What of a submitted message is carried on: sender, subject, text, HTML and files, or the whole content octet for octet
/// where somebody signed it. The rest of its header stays behind (docs/submission.md lists it), and a part that cannot be
/// carried refuses the whole.
struct SubmittedContent: Sendable {
    let sender: EmailAddress
    let senderName: String
    let replyTo: EmailAddress?
    var content: Sensitive<ComposedContent>
    let messageIdentifier: String?
    let bodyDigest: [UInt8]
    /// Whether what was signed names its recipients, so that each would read of the others.
    let namesRecipients: Bool

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
        let signed = try Self.signed(mail, octets)
        let files = try Self.files(of: signed?.content ?? mail.body)
        let text = mail.text ?? mail.html.map(HTMLText.plain) ?? ""
        guard !text.allSatisfy(\.isWhitespace) || !files.isEmpty else { throw SubmitRefusal.empty }
        self.sender = sender.address
        senderName = sender.name
        replyTo = mail.header("Reply-To").map(MailboxList.init)?.mailboxes.first?.address
        var composed = ComposedContent(
            subject: mail.subject,
            text: text,
            html: mail.html,
            headers: Self.threading(mail),
            files: files
        )
        composed.signed = signed.map { SignedContent(octets: $0.octets, aside: $0.aside) }
        content = Sensitive(composed)
        namesRecipients = signed?.namesRecipients ?? false
        messageIdentifier = mail.header("Message-ID").map { String($0.filter { !$0.isWhitespace }.prefix(300)) }
        bodyDigest = Digest.sha256(Array(octets[Self.bodyStart(octets)...]))
    }

    /// Files of one message: more are refused.
    static let mostFiles = 50

    /// Everything that is not the text or the HTML that is shown, in its order. Pictures that the HTML names stay named.
    private static func files(of body: MailPart) throws(SubmitRefusal) -> [ComposedAttachment] {
        var leaves: [MailPart] = []
        try collect(body, &leaves)
        var (hasText, hasHTML) = (false, false)
        var files: [ComposedAttachment] = []
        for part in leaves {
            // The first of each is what the message says; a second one is a file.
            if part.mediaType == "text/plain", !part.isAttachment, !hasText {
                hasText = true
            } else if part.mediaType == "text/html", !part.isAttachment, !hasHTML {
                hasHTML = true
            } else {
                files.append(file(part, position: files.count + 1))
            }
        }
        guard files.count <= mostFiles else { throw .attachments }
        return files
    }

    private static func signed(_ mail: ParsedMail, _ octets: [UInt8]) throws(SubmitRefusal) -> SignedEntity? {
        do {
            return try SignedEntity(of: mail, octets: octets)
        } catch {
            switch error {
            case .malformed: throw .alreadyProtected
            case .notSevenBit: throw .signedNotSevenBit
            case .notReadable: throw .signedNotReadable
            }
        }
    }

    private static func collect(_ part: MailPart, _ leaves: inout [MailPart]) throws(SubmitRefusal) {
        switch part.mediaType {
        case "multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
            throw .alreadyProtected
        case let type where type.hasPrefix("multipart/"): for child in part.parts { try collect(child, &leaves) }
        default: leaves.append(part)
        }
    }

    private static func file(_ part: MailPart, position: Int) -> ComposedAttachment {
        // A message in a message may not be written in base64 (RFC 2046 section 5.2.1): it goes as a file.
        let isMessage = part.mediaType.hasPrefix("message/")
        let name = part.fileName ?? (isMessage ? "message-\(position).eml" : "file-\(position)")
        let identifier = part.contentIdentifier.flatMap { MailAttachment.isContentIdentifier($0) ? $0 : nil }
        return ComposedAttachment(
            fileName: MailAttachment.carriedName(name),
            mediaType: MailAttachment.isMediaType(part.mediaType) ? part.mediaType : "application/octet-stream",
            content: Data(part.content),
            contentIdentifier: part.isAttachment ? nil : identifier
        )
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
