// SPDX-License-Identifier: Apache-2.0
//
// RFC 5322 (message format), RFC 2045 and 2046 (MIME), RFC 6376 section 5.3 in mind: nothing in the result depends on anything but
// the value, so a retry is byte-identical. A boundary begins with `=_`, which neither quoted-printable nor base64 can produce.

import Crypto

extension MailMessage {
    /// The message as bytes, with their digest.
    package func encoded() throws(MailMessageError) -> EncodedMessage {
        let octets = try octets()
        return EncodedMessage(bytes: octets, digest: Array(SHA256.hash(data: octets)))
    }

    /// The message as bytes alone, for whoever adds to it before it is digested.
    package func octets() throws(MailMessageError) -> [UInt8] {
        guard !to.isEmpty else { throw .noRecipient }
        guard (1...40).contains(boundary.utf8.count), boundary.utf8.allSatisfy(Self.isBoundaryCharacter) else {
            throw .malformedBoundary
        }
        var writer = MessageWriter()
        try writeHeaders(&writer)
        if let entity {
            writeEntity(entity, &writer)
        } else if separate.isEmpty {
            try writeContent(&writer)
        } else {
            try writeMixed(&writer)
        }
        return writer.bytes
    }

    private func writeHeaders(_ writer: inout MessageWriter) throws(MailMessageError) {
        writer.line("Date: \(HeaderDate.text(date))")
        writer.line(try HeaderField.mailboxes("From", [from]))
        writer.line(try HeaderField.mailboxes("To", to))
        if let replyTo { writer.line(try HeaderField.mailboxes("Reply-To", [replyTo])) }
        guard Self.isIdentifier(messageIdentifier) else { throw .malformedMessageIdentifier }
        writer.line("Message-ID: <\(messageIdentifier)>")
        writer.line(try HeaderField.unstructured("Subject", subject))
        var seen: Set<String> = []
        for header in headers {
            guard HeaderField.mayBeSet(header.name), seen.insert(header.name.lowercased()).inserted else {
                throw .headerNotAllowed(HeaderField.safeName(header.name))
            }
            writer.line(try HeaderField.further(header))
        }
        writer.line("MIME-Version: 1.0")
    }

    private func writeEntity(_ entity: [UInt8], _ writer: inout MessageWriter) {
        guard !text.isEmpty else { return writer.octets(entity) }
        let mark = "=_\(boundary)_m"
        writer.line("Content-Type: multipart/mixed; boundary=\"\(mark)\"")
        writer.line("")
        writer.line("--\(mark)")
        writer.text(text, subtype: "plain")
        writer.line("--\(mark)")
        writer.octets(entity)
        writer.line("--\(mark)--")
    }

    private func writeMixed(_ writer: inout MessageWriter) throws(MailMessageError) {
        let mark = "=_\(boundary)_m"
        if let reportType {
            guard !reportType.isEmpty, reportType.utf8.allSatisfy(HeaderField.isTokenCharacter) else {
                throw .malformedMediaType
            }
            writer.line("Content-Type: multipart/report; report-type=\"\(reportType)\"; boundary=\"\(mark)\"")
        } else {
            writer.line("Content-Type: multipart/mixed; boundary=\"\(mark)\"")
        }
        writer.line("")
        writer.line("--\(mark)")
        try writeContent(&writer)
        for attachment in separate {
            writer.line("--\(mark)")
            try attachment.write(to: &writer)
        }
        writer.line("--\(mark)--")
    }

    /// What is shown in the text (RFC 2387); without HTML nothing can name it.
    private var inline: [MailAttachment] { html == nil ? [] : attachments.filter { $0.contentIdentifier != nil } }
    private var separate: [MailAttachment] {
        html == nil ? attachments : attachments.filter { $0.contentIdentifier == nil }
    }

    private func writeContent(_ writer: inout MessageWriter) throws(MailMessageError) {
        guard let html else { return writer.text(text, subtype: "plain") }
        let mark = "=_\(boundary)_a"
        writer.line("Content-Type: multipart/alternative; boundary=\"\(mark)\"")
        writer.line("")
        writer.line("--\(mark)")
        writer.text(text, subtype: "plain")
        writer.line("--\(mark)")
        try writeHTML(html, &writer)
        writer.line("--\(mark)--")
    }

    private func writeHTML(_ html: String, _ writer: inout MessageWriter) throws(MailMessageError) {
        let pictures = inline
        guard !pictures.isEmpty else { return writer.text(html, subtype: "html") }
        let mark = "=_\(boundary)_r"
        writer.line("Content-Type: multipart/related; type=\"text/html\"; boundary=\"\(mark)\"")
        writer.line("")
        writer.line("--\(mark)")
        writer.text(html, subtype: "html")
        for picture in pictures {
            writer.line("--\(mark)")
            try picture.write(to: &writer, isInline: true)
        }
        writer.line("--\(mark)--")
    }

    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    /// `left@right` of dot-atoms, at most 250 octets.
    private static func isIdentifier(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 250
            && parts.allSatisfy { part in
                part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                    !atom.isEmpty && atom.utf8.allSatisfy(HeaderField.isAtomCharacter)
                }
            }
    }
}

extension MailAttachment {
    fileprivate func write(to writer: inout MessageWriter, isInline: Bool = false) throws(MailMessageError) {
        guard Self.isMediaType(mediaType) else { throw .malformedMediaType }
        let isName =
            (1...255).contains(fileName.utf8.count) && !fileName.contains { $0 == "/" || $0 == "\\" }
            && !fileName.unicodeScalars.contains(where: HeaderField.isControl)
        guard isName else { throw .malformedFileName }
        writer.line("Content-Type: \(mediaType)")
        if isInline, let contentIdentifier {
            guard Self.isContentIdentifier(contentIdentifier) else { throw .malformedContentIdentifier }
            writer.line("Content-ID: <\(contentIdentifier)>")
        }
        let disposition = isInline ? "inline" : "attachment"
        writer.line("Content-Disposition: \(disposition);\(FileNameParameter.text(fileName))")
        writer.line("Content-Transfer-Encoding: base64")
        writer.line("")
        writer.base64(content)
    }

    /// 1 to 200 printable octets without angle brackets (RFC 2392 names it by the same characters).
    package static func isContentIdentifier(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3c && $0 != 0x3e }
    }

    /// Whether it can be written as `type/subtype`; containers of other parts are none of an attachment's types.
    package static func isMediaType(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 127
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(HeaderField.isTokenCharacter) }
            && !["multipart", "message"].contains(parts[0].lowercased())
    }

    /// The name as it can be written: path separators and control characters become spaces, and it is not longer than 255
    /// octets.
    package static func carriedName(_ name: String) -> String {
        var carried = ""
        for character in name {
            let isForbidden =
                character == "/" || character == "\\"
                || character.unicodeScalars.contains(where: HeaderField.isControl)
            guard carried.utf8.count + character.utf8.count <= 255 else { break }
            carried.append(isForbidden ? " " : character)
        }
        let trimmed = carried.split(separator: " ").joined(separator: " ")
        return trimmed.isEmpty ? "file" : trimmed
    }
}
