// SPDX-License-Identifier: Apache-2.0
//
// Files of a conversation. Those of a message to the person, and those that the person gave in the portal, are rows of
// their own, so that reading a conversation opens none of them; those of a mail are taken out of the mail that is kept.

import Foundation
package import WardAudit
import WardDelivery
package import WardKernel
import WardMIME
import WardStorage
import WardVault

extension RecordKind {
    /// Name, type and size of a file of a conversation.
    static let portalAttachmentFacts = RecordKind(number: 186, name: "portal.attachment_facts")
    /// A file of a conversation.
    static let portalAttachment = RecordKind(number: 187, name: "portal.attachment")
}

extension AuditAction {
    /// A file of a conversation was taken out: by the person, or by staff.
    package static let portalAttachment = AuditAction(rawValue: "portal.attachment")
}

extension AnswerLimits {
    /// Throws `PortalError.filesTooLarge` for more files, or larger ones, than come with one answer.
    static func check(_ files: Sensitive<[ComposedAttachment]>) throws(PortalError) {
        let isTooMuch = files.expose(for: .evaluating) { files in
            files.count > AnswerLimits.files
                || files.reduce(0) { $0 + $1.content.count } > AnswerLimits.fileOctets
        }
        if isTooMuch { throw .filesTooLarge }
    }
}

/// A file with its octets.
package struct PortalFile: Sendable {
    package let facts: PortalAttachment
    package let content: Sensitive<[UInt8]>
}

extension PortalSealing {
    private func place(
        _ kind: RecordKind,
        _ position: Int,
        of message: MessageRow,
        _ organization: OrganizationID
    ) -> SealedPlace {
        let row = message.id.bytes + [UInt8(truncatingIfNeeded: position >> 8), UInt8(truncatingIfNeeded: position)]
        return SealedPlace(organization: organization, owner: .subject(message.contact), kind: kind, row: row)
    }

    /// Keeps the files of a message, each sealed.
    func keep(
        _ files: Sensitive<[ComposedAttachment]>,
        of message: MessageRow,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try files.expose(for: .sealing) { files in
            for (index, file) in files.enumerated() {
                let facts = PortalAttachment(file, position: index + 1)
                try AttachmentQueries.insert(
                    facts.position,
                    of: message.id,
                    facts: try vault.seal(
                        Sensitive(Array(try JSONEncoder().encode(facts))),
                        at: place(.portalAttachmentFacts, facts.position, of: message, organization),
                        in: tx
                    ),
                    content: try vault.seal(
                        Sensitive(Array(file.content)),
                        at: place(.portalAttachment, facts.position, of: message, organization),
                        in: tx
                    ),
                    organization: organization,
                    in: tx
                )
            }
        }
    }

    /// The files of messages, without their octets.
    func attachments(
        of messages: [MessageRow],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PortalMessageID: [PortalAttachment]] {
        let rows = Dictionary(uniqueKeysWithValues: messages.map { ($0.id, $0) })
        var found: [PortalMessageID: [PortalAttachment]] = [:]
        for stored in try AttachmentQueries.facts(of: messages.map(\.id), organization: organization, in: tx) {
            guard let row = rows[stored.message] else { continue }
            let place = place(.portalAttachmentFacts, stored.position, of: row, organization)
            let facts = try vault.open(stored.sealed, at: place, in: tx).expose(for: .disclosing) {
                try JSONDecoder().decode(PortalAttachment.self, from: Data($0))
            }
            found[stored.message, default: []].append(facts)
        }
        return found
    }

    /// One file; nil when there is none at that position.
    func file(
        _ position: Int,
        of message: MessageRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PortalFile? {
        if let sealed = try AttachmentQueries.content(position, of: message.id, organization: organization, in: tx),
            let facts = try attachments(of: [message], organization: organization, in: tx)[message.id]?
                .first(where: { $0.position == position })
        {
            let place = place(.portalAttachment, position, of: message, organization)
            return PortalFile(facts: facts, content: try vault.open(sealed, at: place, in: tx))
        }
        guard let sealed = try MessageQueries.mail(of: message.id, organization: organization, in: tx) else {
            return nil
        }
        let files = try openMail(sealed, of: message, organization: organization, in: tx).expose(for: .disclosing) {
            try ParsedMail.parse($0).files
        }
        guard files.indices.contains(position - 1) else { return nil }
        let part = files[position - 1]
        return PortalFile(
            facts: PortalAttachment(part, position: position),
            content: Sensitive(part.content)
        )
    }
}

extension Portal {
    /// A file of a conversation for the person who visits it: an audited disclosure.
    package func attachment(
        _ position: Int,
        of message: PortalMessageID,
        visit token: PortalToken,
        networkAddress: String?
    ) async throws -> VisitAnswer<PortalFile?> {
        try await store.write { [self] tx in
            guard let visit = try current(token, in: tx) else { return .over }
            let organization = token.organization
            guard let row = try MessageQueries.find(message, of: organization, in: tx), row.thread == visit.thread,
                isReadable(row, by: visit, at: surroundings.now()),
                let file = try sealing.file(position, of: row, organization: organization, in: tx)
            else { return .answered(nil) }
            let person = Requester.person(visit.contact, of: organization, session: visit.id, from: networkAddress)
            try audit.record(
                .portalAttachment,
                row,
                .success,
                ["file": "\(position)", "octets": "\(file.facts.octets)"],
                by: person,
                in: tx
            )
            return .answered(file)
        }
    }

    /// A file of a conversation for staff, also of what was taken back: an audited disclosure.
    package func attachment(
        _ position: Int,
        of message: PortalMessageID,
        requester: Requester
    ) async throws -> PortalFile? {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.write { [self] tx in
            guard let row = try MessageQueries.find(message, of: organization, in: tx),
                let file = try sealing.file(position, of: row, organization: organization, in: tx)
            else { return nil }
            try audit.record(
                .portalAttachment,
                row,
                .success,
                ["file": "\(position)", "octets": "\(file.facts.octets)"],
                by: requester,
                in: tx
            )
            return file
        }
    }

    /// The files of messages as pages list them, those of mails included; of a mail that was opened, those inside alone.
    func listed(
        _ rows: [MessageRow],
        opened: Set<PortalMessageID> = [],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PortalMessageID: [PortalAttachment]] {
        var found = try sealing.attachments(of: rows, organization: organization, in: tx)
        for row in rows where row.direction == .fromPerson && found[row.id] == nil && !opened.contains(row.id) {
            guard let sealed = try MessageQueries.mail(of: row.id, organization: organization, in: tx) else { continue }
            let mail = try sealing.openMail(sealed, of: row, organization: organization, in: tx)
            // What cannot be read has no files to list; the mail itself is kept all the same.
            let parts = mail.expose(for: .disclosing) { (try? ParsedMail.parse($0))?.files ?? [] }
            found[row.id] = parts.enumerated().map { PortalAttachment($1, position: $0 + 1) }
        }
        return found
    }
}
