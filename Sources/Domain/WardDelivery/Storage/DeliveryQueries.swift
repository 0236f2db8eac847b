// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardKernel
import WardStorage

/// A row of `delivery`, its envelope still sealed.
struct StoredDelivery: Sendable {
    var id: MessageID
    var content: MessageContentID
    var recipient: MessageRecipient
    var campaign: CampaignID?
    /// The message in the portal that this notice announces.
    var announces: MessageID?
    var messageClass: MessageClass
    var sensitivity: Sensitivity
    var life: DeliveryLife
    var frozen: FrozenMessage
    var destination: [UInt8]
    var envelope: [UInt8]
    /// Sealed as well; nil where the message has none.
    var signatures: [UInt8]?
    var changedAt: Timestamp
    /// Why it was held until this attempt; not stored.
    var heldFor: String?
}

extension MessageRecipient {
    var kind: String {
        switch self {
        case .contact: "contact"
        case .staff: "staff"
        case .domainOwner: "domain_owner"
        }
    }
    var bytes: [UInt8] {
        switch self {
        case .contact(let contact): contact.bytes
        case .staff(let staff): staff.bytes
        case .domainOwner(let owner): owner.bytes
        }
    }

    init(kind: String, bytes: [UInt8]) throws {
        if kind == "contact", let contact = ContactID(bytes: bytes) {
            self = .contact(contact)
        } else if kind == "staff", let staff = StaffID(bytes: bytes) {
            self = .staff(staff)
        } else if kind == "domain_owner", let owner = DomainOwnerID(bytes: bytes) {
            self = .domainOwner(owner)
        } else {
            throw StoreError(code: .decoding, detail: "recipient")
        }
    }
}

enum DeliveryQueries {
    private static let columns: SQL = """
        id, content, recipient_kind, recipient, campaign, announces, message_class, sensitivity, guarantee, standing,
        reason, method, attempts, doubts, may_have_been_sent, sent_date, message_identifier, boundary, digest,
        destination, envelope, signatures, expires_at, changed_at
        """

    static func insert(
        _ row: StoredDelivery,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        let life = row.life
        try tx.execute(
            """
            INSERT INTO delivery (organization, \(fragment: columns), made_at)
            VALUES (\(organization), \(row.id), \(row.content), \(row.recipient.kind), \(row.recipient.bytes),
                \(row.campaign), \(row.announces), \(row.messageClass.rawValue), \(row.sensitivity.rawValue),
                \(life.guarantee.rawValue), \(life.standing.rawValue), \(life.reason), \(life.method?.rawValue),
                \(life.attempts), \(life.doubts), \(life.mayHaveBeenSent), \(row.frozen.date),
                \(row.frozen.messageIdentifier), \(row.frozen.boundary), \(row.frozen.digest), \(row.destination),
                \(row.envelope), \(row.signatures), \(life.expiresAt), \(now), \(now))
            """
        )
    }

    static func update(
        _ life: DeliveryLife,
        of id: MessageID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery SET standing = \(life.standing.rawValue), reason = \(life.reason),
                method = \(life.method?.rawValue), attempts = \(life.attempts), doubts = \(life.doubts),
                may_have_been_sent = \(life.mayHaveBeenSent), expires_at = \(life.expiresAt), changed_at = \(now)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func find(
        _ id: MessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> StoredDelivery? {
        try tx.row(
            "SELECT \(fragment: columns) FROM delivery WHERE organization = \(organization) AND id = \(id)"
        ).map(delivery)
    }

    /// Those of the messages that there are.
    static func find(
        _ identifiers: [MessageID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MessageID: StoredDelivery] {
        guard identifiers.count > 1 else {
            return try identifiers.first.flatMap { try find($0, of: organization, in: tx) }.map { [$0.id: $0] } ?? [:]
        }
        let rows = try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery
            WHERE organization = \(organization) AND id IN \(list: identifiers)
            """
        ).map(delivery)
        return Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static func notice(
        announcing id: MessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> StoredDelivery? {
        try tx.row(
            "SELECT \(fragment: columns) FROM delivery WHERE organization = \(organization) AND announces = \(id)"
        ).map(delivery)
    }

    static func recipients(
        among recipients: [MessageRecipient],
        of content: MessageContentID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<[UInt8]> {
        let rows = try tx.rows(
            """
            SELECT recipient FROM delivery WHERE organization = \(organization) AND content = \(content)
                AND recipient IN \(list: recipients.map(\.bytes))
            """
        )
        return Set(try rows.map { try $0.value("recipient", as: [UInt8].self) })
    }

    /// The messages of a campaign (and their notices) in one of the standings, by identifier.
    static func ofCampaign(
        _ campaign: CampaignID,
        standings: [DeliveryStanding],
        reason: String?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StoredDelivery] {
        let restriction: SQL = reason.map { "AND reason = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery WHERE organization = \(organization) AND campaign = \(campaign)
                AND standing IN \(list: standings.map(\.rawValue)) \(fragment: restriction)
            ORDER BY id LIMIT \(limit)
            """
        ).map(delivery)
    }

    static func counts(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Row] {
        try tx.rows(
            """
            SELECT standing, reason, method, count(*) AS messages, CAST(sum(doubts) AS BIGINT) AS doubts FROM delivery
            WHERE organization = \(organization) AND campaign = \(campaign) AND announces IS NULL
            GROUP BY standing, reason, method
            """
        )
    }

    static func page(
        _ count: DeliveryCount,
        campaign: CampaignID,
        after: MessageID,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StoredDelivery] {
        let reason: SQL = count.reason.map { "reason = \($0)" } ?? "reason IS NULL"
        let method: SQL = count.method.map { "method = \($0.rawValue)" } ?? "method IS NULL"
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery WHERE organization = \(organization) AND campaign = \(campaign)
                AND announces IS NULL AND standing = \(count.standing.rawValue) AND \(fragment: reason)
                AND \(fragment: method) AND id > \(after)
            ORDER BY id LIMIT \(limit)
            """
        ).map(delivery)
    }

    static func recent(
        to recipient: MessageRecipient,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StoredDelivery] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery WHERE organization = \(organization)
                AND recipient = \(recipient.bytes) AND announces IS NULL ORDER BY id DESC LIMIT \(limit)
            """
        ).map(delivery)
    }

    private static func delivery(_ row: Row) throws -> StoredDelivery {
        func word<Value: RawRepresentable>(_ column: String, _ type: Value.Type = Value.self) throws -> Value
        where Value.RawValue == String {
            guard let value = Value(rawValue: try row.value(column)) else {
                throw StoreError(code: .decoding, detail: column)
            }
            return value
        }
        return StoredDelivery(
            id: try row.value("id"),
            content: try row.value("content"),
            recipient: try MessageRecipient(kind: try row.value("recipient_kind"), bytes: try row.value("recipient")),
            campaign: try row.optional("campaign"),
            announces: try row.optional("announces"),
            messageClass: try word("message_class"),
            sensitivity: try word("sensitivity"),
            life: DeliveryLife(
                standing: try word("standing"),
                reason: try row.optional("reason"),
                method: try row.optional("method", as: String.self).flatMap(SendMethod.init(rawValue:)),
                attempts: try row.value("attempts"),
                doubts: try row.value("doubts"),
                mayHaveBeenSent: try row.value("may_have_been_sent"),
                guarantee: try word("guarantee"),
                expiresAt: try row.value("expires_at")
            ),
            frozen: FrozenMessage(
                date: try row.value("sent_date"),
                messageIdentifier: try row.value("message_identifier"),
                boundary: try row.value("boundary"),
                digest: try row.value("digest")
            ),
            destination: try row.value("destination"),
            envelope: try row.value("envelope"),
            signatures: try row.optional("signatures"),
            changedAt: try row.value("changed_at")
        )
    }
}
