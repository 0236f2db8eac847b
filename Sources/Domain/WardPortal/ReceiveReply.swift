// SPDX-License-Identifier: Apache-2.0
//
// A mail to a conversation's own address. The text is shown in the conversation, the mail itself is kept as it came; both are
// sealed under the person's key before the sender hears that it was taken.

import Foundation
import WardAudit
import WardCrypto
import WardDelivery
package import WardKernel
import WardMIME
import WardStorage
import WardVault

/// What came of a mail to a conversation.
package enum ReplyMailOutcome: Hashable, Sendable {
    case kept
    /// The very same mail is in the conversation already.
    case alreadyKept
    /// No conversation has this address; nothing was kept.
    case unknownAddress
    /// The conversation has as many mails of this day as it takes.
    case tooMany
}

/// What is known of who sent a mail.
package struct ReplySender: Hashable, Sendable {
    /// The address in From, where its domain proved that it sent the mail (DMARC).
    package var proved: EmailAddress?
    /// What was found, in fixed words, for the audit log.
    package var facts: [String: String]

    package init(proved: EmailAddress? = nil, facts: [String: String] = [:]) {
        self.proved = proved
        self.facts = facts
    }
}

extension RecordKind {
    /// A mail of a conversation, as it came.
    static let portalMail = RecordKind(number: 185, name: "portal.mail")
}

extension Portal {
    /// Octets of a mail's text that the conversation shows; all of it is in the mail that is kept.
    static let longestMailText = 100_000
    /// Mails that one conversation takes in 24 hours.
    static let mailsPerDay = 50

    /// Whether mail is taken at this address.
    package func isReplyAddress(_ address: EmailAddress, of organization: OrganizationID) async throws -> Bool {
        try await store.read { [replies] tx in try replies.thread(behind: address, of: organization, in: tx) != nil }
    }

    /// Whose conversation has this address; nil: none.
    package func person(behind address: EmailAddress, of organization: OrganizationID) async throws -> ContactID? {
        try await store.read { [replies] tx in
            try replies.thread(behind: address, of: organization, in: tx)?.contact
        }
    }

    /// Takes a mail into a conversation. When this returns `kept`, it survives whatever happens next.
    package func receive(
        _ octets: Sensitive<[UInt8]>,
        at address: EmailAddress,
        sender: ReplySender = ReplySender(),
        of organization: OrganizationID
    ) async throws -> ReplyMailOutcome {
        guard let contact = try await person(behind: address, of: organization) else { return .unknownAddress }
        let opened = try await opener.open(octets, from: contact, of: organization)
        let (content, files) = try await ProcessorThreads.shared.run {
            (octets.map { Self.content($0, opened) }, opened.inside?.map(Self.files))
        }
        return try await store.write { [self] tx in
            guard let thread = try replies.thread(behind: address, of: organization, in: tx) else {
                return .unknownAddress
            }
            let named = try named(content, sender, in: thread, organization: organization, in: tx)
            let mail = ReplyMail(octets: octets, content: named, files: files)
            return try keep(mail, sender, in: thread, organization: organization, in: tx)
        }
    }

    /// A mail from the person's own address, proved by its domain, is shown as theirs.
    private func named(
        _ content: Sensitive<StoredContent>,
        _ sender: ReplySender,
        in thread: ThreadRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<StoredContent> {
        guard let proved = sender.proved,
            let person = try people.portalPerson(thread.contact, of: organization, in: tx),
            person.expose(for: .evaluating, { $0.address?.normalized == proved.normalized })
        else { return content }
        return content.map { content in
            var content = content
            if content.origin == .mail { content.origin = .provedMail }
            return content
        }
    }

    /// A mail with what was read of it.
    private struct ReplyMail: Sendable {
        let octets: Sensitive<[UInt8]>
        let content: Sensitive<StoredContent>
        /// The files of a mail that was opened; nil: they are in the mail as it came.
        let files: Sensitive<[ComposedAttachment]>?
    }

    private func keep(
        _ mail: ReplyMail,
        _ sender: ReplySender,
        in thread: ThreadRow,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> ReplyMailOutcome {
        let (octets, content) = (mail.octets, mail.content)
        let id = try identifier(of: octets, in: thread, organization: organization, in: tx)
        if try MessageQueries.find(id, of: organization, in: tx) != nil { return .alreadyKept }
        let now = surroundings.now()
        let since = now + .microseconds(-Duration.days(1).wholeMicroseconds)
        let today = try MessageQueries.countAnswers(in: thread.id, since: since, of: organization, in: tx)
        guard today < Self.mailsPerDay else { return .tooMany }
        // An answer quotes what it answers.
        let before = try MessageQueries.all(in: thread.id, of: organization, in: tx).last { $0.direction == .toPerson }
        let message = MessageRow(
            id: id,
            thread: thread.id,
            contact: thread.contact,
            direction: .fromPerson,
            delivery: nil,
            sensitivity: before?.sensitivity ?? .sensitive,
            contentSealed: try sealing.seal(
                content,
                message: id,
                of: thread.contact,
                organization: organization,
                in: tx
            ),
            author: nil,
            writtenAt: now,
            expiresAt: nil
        )
        try MessageQueries.insert(message, of: organization, in: tx)
        let sealed = try sealing.sealMail(octets, of: message, organization: organization, in: tx)
        try MessageQueries.insertMail(sealed, of: id, organization: organization, in: tx)
        if let files = mail.files { try sealing.keep(files, of: message, organization: organization, in: tx) }
        let isAutomatic = content.expose(for: .evaluating) { $0.origin == .automaticMail }
        // Nobody waits for an answer to an absence notice.
        if !isAutomatic { try ThreadQueries.noteAnswer(thread.id, at: now, of: organization, in: tx) }
        let isProved = content.expose(for: .evaluating) { $0.origin == .provedMail }
        let protection = content.expose(for: .evaluating, \.protection)
        let facts = sender.facts.merging([
            "octets": "\(octets.expose(for: .evaluating, \.count))", "automatic": "\(isAutomatic)",
            "proved": "\(isProved)", "encryption": "\(protection.encryption)", "signature": "\(protection.signature)",
        ]) { $1 }
        try audit.record(.portalMail, message, .success, facts, by: .service("portal", of: organization), in: tx)
        return .kept
    }

    /// A mail of a conversation as it came; nil for what was written in the portal. Audited.
    package func mail(_ id: PortalMessageID, requester: Requester) async throws -> Sensitive<[UInt8]>? {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.write { [self] tx in
            guard let message = try MessageQueries.find(id, of: organization, in: tx) else {
                throw PortalError.messageNotFound(id)
            }
            guard let sealed = try MessageQueries.mail(of: id, organization: organization, in: tx) else { return nil }
            try audit.record(.portalMailRead, message, .success, [:], by: requester, in: tx)
            return try sealing.openMail(sealed, of: message, organization: organization, in: tx)
        }
    }

    /// The same mail to the same conversation has the same identifier: keyed, since it is made from what the person wrote.
    private func identifier(
        of octets: Sensitive<[UInt8]>,
        in thread: ThreadRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PortalMessageID {
        let key = try sealing.vault.purposeKey(.portalReply, of: organization, in: tx)
        let content = octets.expose(for: .blindIndexing) { Digest.sha256(thread.id.bytes + $0) }
        let bytes = key.expose(for: .blindIndexing) {
            Digest.hkdf($0, salt: [], info: Array("mail".utf8) + content, count: AddressToken.identifierOctets)
        }
        guard let id = PortalMessageID(bytes: bytes) else { return surroundings.makeIdentifier() }
        return id
    }

    /// What the conversation shows of a mail that may have been taken apart: its kind follows from its own header, its text
    /// from what was inside.
    private static func content(_ octets: [UInt8], _ opened: OpenedReply) -> StoredContent {
        var content = content(octets)
        content.protection = opened.protection
        if let inside = opened.inside?.map(Self.content) {
            inside.expose(for: .sealing) { inside in
                content.text = inside.text
                content.attachments = inside.attachments
                if opened.isHeaderProtected { content.subject = inside.subject }
            }
        } else if opened.protection.encryption.isClosed {
            content.text = ""
        }
        return content
    }

    /// The files of a mail that was opened, as the conversation keeps them.
    private static func files(_ inside: [UInt8]) -> [ComposedAttachment] {
        // What cannot be read has no files; the mail itself is kept all the same.
        ((try? ParsedMail.parse(inside))?.files ?? []).prefix(100).enumerated().map { index, part in
            ComposedAttachment(
                fileName: MailAttachment.carriedName(part.fileName ?? "file-\(index + 1)"),
                mediaType: part.mediaType,
                content: Data(part.content)
            )
        }
    }

    /// What the conversation shows. A mail that cannot be read is kept all the same, and that is said.
    private static func content(_ octets: [UInt8]) -> StoredContent {
        let mail: ParsedMail
        do {
            mail = try ParsedMail.parse(octets)
        } catch {
            var content = StoredContent(author: "", subject: "", text: "[\(error)]")
            content.origin = .mail
            return content
        }
        let text = mail.text ?? mail.html.map(HTMLText.plain) ?? ""
        var content = StoredContent(author: "", subject: clean(mail.subject, 500), text: clean(text, longestMailText))
        content.origin = MailReading(mail, hasNullReturnPath: false) == .automaticReply ? .automaticMail : .mail
        content.attachments = mail.body.leaves.filter { part in
            part.isAttachment || part.mediaType != "text/plain" && part.mediaType != "text/html"
        }.prefix(100).map { part in
            let name = part.fileName.map { clean($0, 200) } ?? part.mediaType
            return "\(name) (\(part.content.count))"
        }
        return content
    }

    /// One kind of line end, no control characters, no more than so many octets.
    private static func clean(_ text: String, _ most: Int) -> String {
        var result = ""
        for character in text where result.utf8.count < most {
            if character.isNewline {
                result.append("\n")
            } else if character == "\t"
                || !character.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            {
                result.append(character)
            }
        }
        return result
    }
}
