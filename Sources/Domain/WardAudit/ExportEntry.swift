// SPDX-License-Identifier: Apache-2.0
//
// One line of an export: a JSON object with sorted keys and no spaces between them, in the names of hipaa/rules.md
// section 5. Octets are lower-case hexadecimal; ciphertexts (`reason`, `source`) and hashes likewise. `time` repeats
// `time_us` for people. A reader writes what it read again and compares octets, so that nothing can be added to a line,
// and computes the leaf from the fields.

import Foundation
import WardCrypto
import WardKernel

struct ExportEntry: Codable {
    var position: Int64
    var eventId: String
    var time: String
    var timeUs: Int64
    var timeSource: String
    var tenant: String
    var actorId: String
    var actorType: String
    var onBehalfOf: String?
    var onBehalfOfType: String?
    var roleAtTime: String
    var sessionId: String?
    var authMethod: String?
    /// Network address and device, sealed.
    var source: String?
    var action: String
    var objectType: String?
    var objectId: String?
    var patientId: String?
    var patientSet: String?
    var patientSetType: String?
    var phiCategories: String
    var fieldsSeen: String
    var facts: String
    var purposeCode: String
    var isDisclosure: Bool
    var recipient: String?
    var recipientType: String?
    var channel: String?
    var protection: String?
    var outcome: String
    var reason: String?
    var reasonKey: Int64?
    var beforeHash: String?
    var afterHash: String?
    var requestId: String?
    var appVersion: String
    var salt: String

    init(_ record: AuditRecord, position: Int64, of organization: OrganizationID) {
        self.position = position
        eventId = record.id.description
        time = record.recordedAt.description
        timeUs = record.recordedAt.microseconds
        timeSource = record.context.timeSource
        tenant = organization.description
        actorId = Digest.hexadecimal(record.actor)
        actorType = record.actorKind.rawValue
        onBehalfOf = record.context.onBehalfOf.map { Digest.hexadecimal($0.identifier) }
        onBehalfOfType = record.context.onBehalfOf?.kind
        roleAtTime = record.context.roles
        sessionId = record.context.session.map(Digest.hexadecimal)
        authMethod = record.context.authentication
        source = record.sealedOrigin.map(Digest.hexadecimal)
        action = record.action.rawValue
        objectType = record.object?.kind
        objectId = record.object.map { Digest.hexadecimal($0.identifier) }
        patientId = record.subject?.description
        patientSet = record.content.subjects.map { Digest.hexadecimal($0.identifier) }
        patientSetType = record.content.subjects?.kind
        phiCategories = record.content.categories
        fieldsSeen = record.content.fields
        facts = record.content.facts
        purposeCode = record.context.purpose.rawValue
        isDisclosure = record.disclosure != nil
        recipient = record.disclosure?.recipient.map { Digest.hexadecimal($0.identifier) }
        recipientType = record.disclosure?.recipient?.kind
        channel = record.disclosure?.channel
        protection = record.disclosure?.protection
        outcome = record.outcome.rawValue
        reason = record.reason.map { Digest.hexadecimal($0.sealed) }
        reasonKey = record.reason?.owner.rawValue
        beforeHash = record.content.beforeHash.map(Digest.hexadecimal)
        afterHash = record.content.afterHash.map(Digest.hexadecimal)
        requestId = record.context.request.map(Digest.hexadecimal)
        appVersion = record.context.version
        salt = Digest.hexadecimal(record.salt)
    }

    /// The line without its line feed.
    func line() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The entry that a line holds; nil unless the line is exactly what `line()` makes of it.
    static func read(_ line: Data) -> (entry: ExportEntry, record: AuditRecord)? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // A line that does not decode is answered as unreadable.
        guard let entry = try? decoder.decode(ExportEntry.self, from: line),
            let again = try? entry.line(), again == line, let record = entry.record,
            let organization = OrganizationID(entry.tenant)
        else { return nil }
        let canonical = try? ExportEntry(record, position: entry.position, of: organization).line()
        return canonical == line ? (entry, record) : nil
    }

    /// The record again; nil when a field is not of its form.
    private var record: AuditRecord? {
        guard let id = AuditEntryID(eventId), let outcome = AuditOutcome(rawValue: outcome),
            let actorKind = Requester.Kind(rawValue: actorType), let purpose = PurposeOfUse(rawValue: purposeCode)
        else { return nil }
        return AuditRecord(
            position: position,
            id: id,
            recordedAt: Timestamp(microseconds: timeUs),
            action: AuditAction(rawValue: action),
            outcome: outcome,
            actorKind: actorKind,
            actor: Self.octets(actorId) ?? [],
            subject: patientId.flatMap { SubjectID($0) },
            object: Self.object(objectType, objectId),
            context: .init(
                onBehalfOf: Self.object(onBehalfOfType, onBehalfOf),
                roles: roleAtTime,
                session: Self.octets(sessionId),
                authentication: authMethod,
                purpose: purpose,
                request: Self.octets(requestId),
                version: appVersion,
                timeSource: timeSource
            ),
            content: .init(
                subjects: Self.object(patientSetType, patientSet),
                categories: phiCategories,
                fields: fieldsSeen,
                facts: facts,
                beforeHash: Self.octets(beforeHash),
                afterHash: Self.octets(afterHash)
            ),
            disclosure: isDisclosure
                ? AuditDisclosure(
                    recipient: Self.object(recipientType, recipient),
                    channel: channel ?? "",
                    protection: protection ?? ""
                ) : nil,
            reason: reasonKey.flatMap { AuditRecord.SealedReason.Owner(rawValue: $0) }.map {
                .init(owner: $0, sealed: Self.octets(reason) ?? [])
            },
            sealedOrigin: Self.octets(source),
            salt: Self.octets(salt) ?? []
        )
    }

    private static func object(_ kind: String?, _ identifier: String?) -> AuditObject? {
        kind.map { AuditObject(kind: $0, identifier: octets(identifier) ?? []) }
    }

    private static func octets(_ text: String?) -> [UInt8]? {
        guard let text, text.utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var pending: Int?
        for character in text {
            guard let digit = character.hexDigitValue else { return nil }
            if let high = pending {
                bytes.append(UInt8(high << 4 | digit))
                pending = nil
            } else {
                pending = digit
            }
        }
        return bytes
    }
}
