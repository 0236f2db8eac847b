// SPDX-License-Identifier: Apache-2.0
//
// What comes back by mail, and what follows from it. A mail has effects only through the token of a message's own return path;
// without one it is kept and shown, and nothing else.
//
//     came back, 5.1.1 class, by code, of a message that went to a server that proved its name ──► address suppressed
//     came back otherwise (full, expired, closed, unproved) ──► the third message in 30 days ──► address suppressed
//     came back by policy or as blocked ──► the message is marked; the address is not at fault
//     complaint ──► address suppressed; it does not expire
//     delay, confirmation, automatic answer, anything else ──► kept

import Foundation
package import WardAudit
import WardConsent
import WardCrypto
package import WardKernel
import WardMIME
import WardQueue
import WardStorage
import WardVault

extension Delivery {
    /// Messages to one address that must come back before it is suppressed without a clear word.
    static let bouncesUntilSuppressed = 3
    static let bouncesWithin: Duration = .days(30)

    /// Takes a mail to a return path. When this returns, it survives whatever happens next.
    package func receive(
        _ octets: Sensitive<[UInt8]>,
        at returnPath: EmailAddress,
        hasNullReturnPath: Bool,
        of organization: OrganizationID
    ) async throws -> IncomingOutcome {
        let reading = try await read(octets, hasNullReturnPath: hasNullReturnPath)
        return try await store.write { tx in
            guard let message = try self.message(behind: returnPath, of: organization, in: tx),
                let row = try DeliveryQueries.find(message, of: organization, in: tx)
            else { return .unknownAddress }
            return try self.keep(octets, reading, about: row, of: organization, in: tx)
        }
    }

    /// Takes a mail to one of the addresses for feedback. A complaint names its message by the return path in it.
    package func receiveFeedback(
        _ octets: Sensitive<[UInt8]>,
        hasNullReturnPath: Bool,
        of organization: OrganizationID
    ) async throws -> IncomingOutcome {
        let reading = try await read(octets, hasNullReturnPath: hasNullReturnPath)
        return try await store.write { tx in
            var row: StoredDelivery?
            if case .complaint(let complaint) = reading {
                for path in complaint.returnPaths.compactMap({ EmailAddress($0) }) where row == nil {
                    guard let id = try self.message(behind: path, of: organization, in: tx) else { continue }
                    row = try DeliveryQueries.find(id, of: organization, in: tx)
                }
            }
            return try self.keep(octets, reading, about: row, of: organization, in: tx)
        }
    }

    /// Nil for what cannot be read.
    private func read(_ octets: Sensitive<[UInt8]>, hasNullReturnPath: Bool) async throws -> MailReading? {
        try await ProcessorThreads.shared.run {
            octets.expose(for: .evaluating) { bytes in
                do {
                    return MailReading(try ParsedMail.parse(bytes), hasNullReturnPath: hasNullReturnPath)
                } catch {
                    return nil
                }
            }
        }
    }

    private func keep(
        _ octets: Sensitive<[UInt8]>,
        _ reading: MailReading?,
        about row: StoredDelivery?,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> IncomingOutcome {
        let digest = try digest(of: octets, about: row, organization: organization, in: tx)
        if try IncomingQueries.isKept(digest, of: organization, in: tx) { return .alreadyKept }
        let finding = IncomingFinding(reading)
        let id = surroundings.makeIdentifier(IncomingMailTag.self)
        let address = try row.flatMap { try self.address(of: $0, organization: organization, in: tx) }
        let stored = StoredIncoming(
            summary: IncomingSummary(
                id: id,
                message: row?.id,
                kind: finding.kind,
                cause: finding.cause,
                statusCode: finding.statusCode,
                octets: octets.expose(for: .sealing, \.count),
                receivedAt: surroundings.now()
            ),
            address: try address.map { try addressHash($0, organization: organization, in: tx) },
            digest: digest,
            content: try sealed(octets, id, about: row, organization: organization, in: tx)
        )
        try IncomingQueries.insert(stored, of: organization, in: tx)
        try record(stored.summary, about: row, organization: organization, in: tx)
        if let row { try follow(finding, stored, row, address, organization: organization, in: tx) }
        return .kept(finding.kind)
    }

    private func follow(
        _ finding: IncomingFinding,
        _ stored: StoredIncoming,
        _ row: StoredDelivery,
        _ address: EmailAddress?,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let service = Self.service(organization)
        if finding.kind == .complaint, finding.isUnwanted {
            if let address { try consent.suppress(address, reason: .complaint, by: service, in: tx) }
            try complained(about: row.id, of: organization, in: tx)
        }
        guard finding.kind == .bounce, let refusal = finding.refusal else { return }
        try noteBounce(of: row, refusal, organization: organization, in: tx)
        guard let address, let hash = stored.address else { return }
        let isProved = try wentToProvedServer(row, organization: organization, in: tx)
        if refusal == .unknownUser, finding.isByCode, isProved {
            try consent.suppress(address, reason: .hardBounce, by: service, in: tx)
            return
        }
        let count = try IncomingQueries.bounced(
            hash,
            causes: ServerRefusal.allCases.filter(\.speaksOfAddress).map(\.rawValue),
            since: surroundings.now() + .microseconds(-Self.bouncesWithin.wholeMicroseconds),
            of: organization,
            in: tx
        )
        if refusal.speaksOfAddress, count >= Self.bouncesUntilSuppressed {
            try consent.suppress(address, reason: .repeatedBounces, by: service, in: tx)
        }
    }

    /// The message did not arrive after all; where it was a notice, nor can the message in the portal be reached.
    private func noteBounce(
        of stored: StoredDelivery,
        _ refusal: ServerRefusal,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        var row = stored
        let before = row.life
        let now = surroundings.now()
        _ = apply(.cameBack(refusal), to: &row, at: now)
        guard row.life != before else { return }
        try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
        if before.standing == .inDoubt {
            try queue.cancel(.deliveryAttempt, organization: organization, reference: row.workReference, in: tx)
        }
        try recordEnd(of: row, organization: organization, in: tx)
        guard let announced = row.announces, var message = try DeliveryQueries.find(announced, of: organization, in: tx)
        else { return }
        _ = apply(.noticeCameBack(refusal), to: &message, at: now)
        guard message.life.standing == .refused else { return }
        try DeliveryQueries.update(message.life, of: announced, organization: organization, at: now, in: tx)
        try portal.withdraw(announced, of: organization, in: tx)
        try recordEnd(of: message, organization: organization, in: tx)
    }

    /// Whether the message was taken by a server that had shown who it is: else whoever listened on the way knows the token.
    private func wentToProvedServer(
        _ row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool {
        try AttemptQueries.all(of: row.id, organization: organization, in: tx).contains { attempt in
            guard attempt.outcome == "accepted", let sealed = attempt.evidence else { return false }
            let place = Self.evidencePlace(row, attempt.number, organization)
            return try vault.open(sealed, at: place, in: tx).expose(for: .evaluating) {
                try JSONDecoder().decode(AttemptEvidence.self, from: Data($0)).isNameProved == true
            }
        }
    }

    /// Nil once the person is erased.
    private func address(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EmailAddress? {
        do {
            return try envelope(of: row, organization: organization, in: tx).address
        } catch VaultError.subjectErased {
            return nil
        }
    }

    private func addressHash(
        _ address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.blindIndex(Sensitive(address.normalized), kind: .bouncedAddress, of: organization, in: tx)
    }

    private func digest(
        of octets: Sensitive<[UInt8]>,
        about row: StoredDelivery?,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let key = try vault.purposeKey(.incomingDigest, of: organization, in: tx)
        let content = octets.expose(for: .blindIndexing) { Digest.sha256((row?.id.bytes ?? []) + $0) }
        return key.expose(for: .blindIndexing) { Digest.hkdf($0, salt: [], info: content, count: Digest.byteCount) }
    }

    private func sealed(
        _ octets: Sensitive<[UInt8]>,
        _ id: IncomingMailID,
        about row: StoredDelivery?,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        do {
            let place = Self.incomingPlace(id, about: row, organization)
            return try vault.seal(octets, at: place, in: tx)
        } catch VaultError.subjectErased {
            return nil
        }
    }

    static func incomingPlace(
        _ id: IncomingMailID,
        about row: StoredDelivery?,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: row?.recipient.contact.map { .subject($0) } ?? .organization,
            kind: .incomingMail,
            row: id.bytes
        )
    }

    private func record(
        _ summary: IncomingSummary,
        about row: StoredDelivery?,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        var facts = ["kind": summary.kind.rawValue]
        facts["cause"] = summary.cause
        facts["status"] = summary.statusCode
        facts["message"] = row.map { "\($0.id)" }
        try audit.record(
            AuditEntry(
                .messageReceive,
                object: AuditObject(kind: "incoming_mail", summary.id),
                subject: row?.recipient.contact,
                facts: facts
            ),
            by: Self.service(organization),
            in: tx
        )
    }
}

/// What a reading means for a message.
struct IncomingFinding: Sendable {
    var kind: IncomingKind
    var cause: String?
    var statusCode: String?
    var refusal: ServerRefusal?
    var isByCode = false
    var isUnwanted = false

    init(_ reading: MailReading?) {
        switch reading {
        case nil: kind = .unreadable
        case .ordinary: kind = .ordinary
        case .automaticReply: kind = .automaticReply
        case .complaint(let complaint):
            kind = .complaint
            cause = complaint.kind
            isUnwanted = complaint.isUnwanted
        case .bounce(let bounce):
            statusCode = bounce.status
            switch bounce.action {
            case .delayed: kind = .delay
            case .delivered, .relayed, .expanded: kind = .success
            case .failed:
                kind = .bounce
                let refusal = ServerRefusal(bounce.cause)
                self.refusal = refusal
                cause = refusal.rawValue
                isByCode = bounce.isByCode
            }
        }
    }
}

extension ServerRefusal {
    init(_ cause: BounceReading.Cause) {
        switch cause {
        case .unknownUser: self = .unknownUser
        case .noSuchDomain: self = .noSuchDomain
        case .mailboxUnavailable: self = .mailboxUnavailable
        case .mailboxFull: self = .mailboxFull
        case .tooLarge: self = .tooLarge
        case .blocked: self = .blocked
        case .policy: self = .policy
        case .expired: self = .notInTime
        case .other: self = .other
        }
    }

    /// Whether it says something about the address, rather than about the message or about us.
    var speaksOfAddress: Bool {
        switch self {
        case .unknownUser, .noSuchDomain, .mailboxUnavailable, .mailboxFull, .notInTime: true
        case .policy, .tooLarge, .blocked, .other: false
        }
    }
}

extension RecordKind {
    /// A mail that came in, as it came.
    static let incomingMail = RecordKind(number: 110, name: "incoming mail")
}

extension BlindIndexKind {
    /// The keyed hash of an address to which messages came back.
    static let bouncedAddress = BlindIndexKind(number: 110, name: "bounced address")
}

extension AuditAction {
    /// A mail about messages of ours came in.
    package static let messageReceive = AuditAction(rawValue: "message.receive")
    /// Staff read a mail that came in.
    package static let incomingRead = AuditAction(rawValue: "incoming.read")
}
