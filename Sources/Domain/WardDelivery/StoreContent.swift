// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardConsent
package import WardKernel
package import WardStorage
import WardVault

extension Delivery {
    /// Makes a content: what one campaign or single message says. Nothing is stored yet.
    ///
    /// - Parameter owner: the person whose key seals it, for a message to one person.
    package func content(
        _ terms: MessageTerms,
        template: Sensitive<[UInt8]>,
        for owner: ContactID? = nil,
        of organization: OrganizationID
    ) throws -> MessageContent {
        guard composers[terms.composer] != nil else { throw DeliveryError.composerUnknown(terms.composer) }
        return MessageContent(
            id: surroundings.makeIdentifier(),
            organization: organization,
            terms: terms,
            template: template,
            owner: owner
        )
    }

    /// Stores a content, sealed.
    package func store(_ content: MessageContent, in tx: any WriteTransaction) throws {
        let stored = try Self.storedForm(content.terms, template: content.template)
        try store([(content, stored)], of: content.organization, in: tx)
    }

    /// A content as it is stored, before it is sealed.
    static func storedForm(_ terms: MessageTerms, template: Sensitive<[UInt8]>) throws -> Sensitive<[UInt8]> {
        try template.map { Array(try JSONEncoder().encode(StoredContent(terms: terms, template: $0))) }
    }

    /// Stores contents in their stored forms, sealed.
    func store(
        _ contents: [(content: MessageContent, stored: Sensitive<[UInt8]>)],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let requests = contents.map { content, stored in
            SealRequest(stored, at: Self.place(of: content.id, content.owner, organization))
        }
        let sealed = try vault.seal(requests, of: organization, in: tx)
        for ((content, _), sealed) in zip(contents, sealed) {
            try ContentQueries.insert(
                content.id,
                campaign: content.terms.campaign,
                owner: content.owner,
                sealed: sealed,
                at: surroundings.now(),
                of: organization,
                in: tx
            )
        }
    }

    /// Reads a stored content.
    package func content(_ id: MessageContentID, of organization: OrganizationID) async throws -> MessageContent {
        try await store.read { tx in try self.content(id, of: organization, in: tx) }
    }

    /// What a campaign says is read, opened and parsed once a minute, not once a message.
    func content(
        _ id: MessageContentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageContent {
        let now = surroundings.now()
        if let known = contents.content(id, of: organization, at: now) { return known }
        let content = try readContent(id, of: organization, in: tx)
        contents.remember(content, at: now)
        return content
    }

    private func readContent(
        _ id: MessageContentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageContent {
        guard let found = try ContentQueries.find(id, of: organization, in: tx) else {
            throw DeliveryError.contentNotFound(id)
        }
        let opened = try vault.open(found.sealed, at: Self.place(of: id, found.owner, organization), in: tx)
        let stored = try opened.map { try JSONDecoder().decode(StoredContent.self, from: Data($0)) }
        guard let terms = stored.expose(for: .evaluating, \.messageTerms) else {
            throw DeliveryError.contentNotFound(id)
        }
        return MessageContent(
            id: id,
            organization: organization,
            terms: terms,
            template: stored.map(\.octets),
            owner: found.owner
        )
    }

    private static func place(
        of id: MessageContentID,
        _ owner: ContactID?,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: owner.map { .subject($0) } ?? .organization,
            kind: .deliveryContent,
            row: id.bytes
        )
    }
}

/// Contents that many messages share, in memory: at most `capacity`, each for a minute. A content does not change once it is
/// stored. What is sealed under a person's key is not kept: an erasure must hold at once.
final class ContentCache: Sendable {
    static let capacity = 32
    static let lifetime = Duration.seconds(60)

    private struct Place: Hashable {
        let organization: OrganizationID
        let content: MessageContentID
    }
    private struct Entry {
        let content: MessageContent
        let until: Timestamp
    }

    private let entries = Mutex<[Place: Entry]>([:])

    func content(_ id: MessageContentID, of organization: OrganizationID, at now: Timestamp) -> MessageContent? {
        entries.withLock { entries in
            guard let entry = entries[Place(organization: organization, content: id)], now < entry.until else {
                return nil
            }
            return entry.content
        }
    }

    func remember(_ content: MessageContent, at now: Timestamp) {
        guard content.owner == nil else { return }
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries = entries.filter { now < $0.value.until } }
            if entries.count >= Self.capacity { entries = [:] }
            entries[Place(organization: content.organization, content: content.id)] =
                Entry(content: content, until: now + Self.lifetime)
        }
    }
}

/// The stored form of a content. Fields are only added, and optional.
private struct StoredContent: Codable, Sendable {
    var campaign: CampaignID?
    var messageClass: MessageClass
    var announces: MessageClass?
    var sensitivity: Sensitivity
    var methods: MethodChoice
    var isPaid: Bool
    var guarantee: DeliveryGuarantee
    var senderName: String
    var senderAddress: String
    var replyTo: String?
    var composer: String
    var portalReference: [UInt8]?
    var priority: Int
    var author: StaffID?
    var isDeclaredFree: Bool?
    var answersRequest: UnencryptedRequestID?
    var isTimeCritical: Bool?
    var requiresTLSOnward: Bool?
    var loweredFrom: Sensitivity?
    var loweredBecause: String?
    /// The template as numbers: how it was written before `templateOctets` was.
    var template: [UInt8]?
    /// The same in base64, forty times as quick to read.
    var templateOctets: Data?

    var octets: [UInt8] { templateOctets.map { Array($0) } ?? template ?? [] }

    init(terms: MessageTerms, template: [UInt8]) {
        campaign = terms.campaign
        messageClass = terms.messageClass
        announces = terms.announces
        sensitivity = terms.sensitivity
        methods = terms.methods
        isPaid = terms.isPaidByThirdParty
        guarantee = terms.guarantee
        senderName = terms.sender.name
        senderAddress = terms.sender.address.mailbox
        replyTo = terms.sender.replyTo?.mailbox
        composer = terms.composer
        portalReference = terms.portalReference
        priority = terms.priority
        author = terms.author
        isDeclaredFree = terms.isDeclaredFreeOfPHI ? true : nil
        answersRequest = terms.answersRequest
        templateOctets = Data(template)
        isTimeCritical = terms.isTimeCritical ? true : nil
        requiresTLSOnward = terms.requiresTLSOnward ? true : nil
        loweredFrom = terms.lowering?.from
        loweredBecause = terms.lowering?.reason.expose(for: .sealing) { $0 }
    }

    var messageTerms: MessageTerms? {
        guard let address = EmailAddress(senderAddress) else { return nil }
        var terms = MessageTerms(
            messageClass: messageClass,
            sensitivity: sensitivity,
            sender: MailSender(name: senderName, address: address, replyTo: replyTo.flatMap { EmailAddress($0) }),
            composer: composer,
            campaign: campaign,
            methods: methods,
            isPaidByThirdParty: isPaid,
            guarantee: guarantee
        )
        terms.announces = announces
        terms.portalReference = portalReference
        terms.priority = priority
        terms.isTimeCritical = isTimeCritical ?? false
        terms.requiresTLSOnward = requiresTLSOnward ?? false
        terms.author = author
        terms.isDeclaredFreeOfPHI = isDeclaredFree ?? false
        terms.answersRequest = answersRequest
        terms.lowering = loweredFrom.map { KeptLowering(from: $0, reason: Sensitive(loweredBecause ?? "")) }
        return terms
    }
}
