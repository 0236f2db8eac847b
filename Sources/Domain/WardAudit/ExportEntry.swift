// SPDX-License-Identifier: Apache-2.0
//
// One line of an export: a JSON object with sorted keys and no spaces between them, in the names of hipaa/rules.md
// section 5; values are strings, integers and booleans, absent ones are left out. In strings only `"`, `\` and control
// characters are escaped (the last as \u00XX). Octets are lower-case hexadecimal; ciphertexts (`reason`, `source`) and hashes likewise. `time` repeats
// `time_us` for people. A reader writes what it read again and compares octets, so that nothing can be added to a line,
// and computes the leaf from the fields.

import WardCrypto
import WardKernel

/// One line's entry and the log that it belongs to.
struct ExportEntry {
    var record: AuditRecord
    var position: Int64
    var organization: OrganizationID

    /// The line without its line feed.
    var line: [UInt8] {
        let context = record.context
        let content = record.content
        let disclosure = record.disclosure
        var line = FlatObject()
        line.add("action", record.action.rawValue)
        line.add("actor_id", record.actor)
        line.add("actor_type", record.actorKind.rawValue)
        line.add("after_hash", content.afterHash)
        line.add("app_version", context.version)
        line.add("auth_method", context.authentication)
        line.add("before_hash", content.beforeHash)
        line.add("channel", disclosure?.channel)
        line.add("event_id", record.id.description)
        line.add("facts", content.facts)
        line.add("fields_seen", content.fields)
        line.add("is_disclosure", disclosure != nil)
        line.add("object_id", record.object?.identifier)
        line.add("object_type", record.object?.kind)
        line.add("on_behalf_of", context.onBehalfOf?.identifier)
        line.add("on_behalf_of_type", context.onBehalfOf?.kind)
        line.add("outcome", record.outcome.rawValue)
        line.add("patient_id", record.subject?.description)
        line.add("patient_set", content.subjects?.identifier)
        line.add("patient_set_type", content.subjects?.kind)
        line.add("phi_categories", content.categories)
        line.add("position", position)
        line.add("protection", disclosure?.protection)
        line.add("purpose_code", context.purpose.rawValue)
        line.add("reason", record.reason?.sealed)
        line.add("reason_key", record.reason?.owner.rawValue)
        line.add("recipient", disclosure?.recipient?.identifier)
        line.add("recipient_type", disclosure?.recipient?.kind)
        line.add("request_id", context.request)
        line.add("role_at_time", context.roles)
        line.add("salt", record.salt)
        line.add("session_id", context.session)
        line.add("source", record.sealedOrigin)
        line.add("tenant", organization.description)
        line.add("time", record.recordedAt.description)
        line.add("time_source", context.timeSource)
        line.add("time_us", record.recordedAt.microseconds)
        return line.closed
    }

    init(_ record: AuditRecord, position: Int64, of organization: OrganizationID) {
        self.record = record
        self.position = position
        self.organization = organization
    }

    /// Nil unless the line is exactly what `line` makes of what it says.
    init?(line: ArraySlice<UInt8>) {
        guard let object = FlatObject.read(line), let record = AuditRecord(object),
            let position = object["position"]?.integer,
            let organization = object["tenant"]?.text.flatMap({ OrganizationID($0) })
        else { return nil }
        self.init(record, position: position, of: organization)
        guard self.line.elementsEqual(line) else { return nil }
    }
}

extension AuditRecord {
    /// Nil when a field is missing or not of its form.
    fileprivate init?(_ object: [String: FlatObject.Value]) {
        func text(_ name: String) -> String? { object[name]?.text }
        func octets(_ name: String) -> [UInt8]? { text(name).flatMap(Digest.octets(hexadecimal:)) }
        func reference(_ kind: String, _ identifier: String) -> AuditObject? {
            text(kind).map { AuditObject(kind: $0, identifier: octets(identifier) ?? []) }
        }
        guard let id = text("event_id").flatMap({ AuditEntryID($0) }), let time = object["time_us"]?.integer,
            let action = text("action"), let outcome = text("outcome").flatMap(AuditOutcome.init(rawValue:)),
            let actorKind = text("actor_type").flatMap(Requester.Kind.init(rawValue:)),
            let purpose = text("purpose_code").flatMap(PurposeOfUse.init(rawValue:)), let actor = octets("actor_id"),
            let salt = octets("salt")
        else { return nil }
        let disclosure = AuditDisclosure(
            recipient: reference("recipient_type", "recipient"),
            channel: text("channel") ?? "",
            protection: text("protection") ?? ""
        )
        let reasonOwner = object["reason_key"]?.integer.flatMap(SealedReason.Owner.init(rawValue:))
        self.init(
            position: object["position"]?.integer,
            id: id,
            recordedAt: Timestamp(microseconds: time),
            action: AuditAction(rawValue: action),
            outcome: outcome,
            actorKind: actorKind,
            actor: actor,
            subject: text("patient_id").flatMap { SubjectID($0) },
            object: reference("object_type", "object_id"),
            context: Context(
                onBehalfOf: reference("on_behalf_of_type", "on_behalf_of"),
                roles: text("role_at_time") ?? "",
                session: octets("session_id"),
                authentication: text("auth_method"),
                purpose: purpose,
                request: octets("request_id"),
                version: text("app_version") ?? "",
                timeSource: text("time_source") ?? ""
            ),
            content: Content(
                subjects: reference("patient_set_type", "patient_set"),
                categories: text("phi_categories") ?? "",
                fields: text("fields_seen") ?? "",
                facts: text("facts") ?? "",
                beforeHash: octets("before_hash"),
                afterHash: octets("after_hash")
            ),
            disclosure: object["is_disclosure"] == .boolean(true) ? disclosure : nil,
            reason: reasonOwner.map { SealedReason(owner: $0, sealed: octets("reason") ?? []) },
            sealedOrigin: octets("source"),
            salt: salt
        )
    }
}
