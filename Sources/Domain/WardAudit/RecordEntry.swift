// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage
package import WardVault

extension RecordKind {
    /// The free-text reason of an audit entry.
    package static let auditReason = RecordKind(number: 10, name: "audit reason")
    /// The network address and device of an audit entry.
    package static let auditOrigin = RecordKind(number: 11, name: "audit origin")
}

extension Audit {
    /// Writes an entry in the caller's transaction. When this throws, let the error leave the transaction: without its
    /// entry the action must not happen.
    @discardableResult
    package func record(
        _ entry: AuditEntry,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> AuditEntryID {
        let record = try self.record(of: entry, by: requester, in: tx)
        try EntryQueries.insert([record], of: requester.organization, in: tx)
        return record.id
    }

    /// Writes many entries in the caller's transaction, with one statement for each 50: for work over many persons.
    package func record(
        _ entries: [AuditEntry],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let records = try entries.map { try record(of: $0, by: requester, in: tx) }
        for start in stride(from: 0, to: records.count, by: 50) {
            let page = Array(records[start..<min(start + 50, records.count)])
            try EntryQueries.insert(page, of: requester.organization, in: tx)
        }
    }

    private func record(
        of entry: AuditEntry,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> AuditRecord {
        try entry.checkWords()
        let id: AuditEntryID = surroundings.makeIdentifier()
        return AuditRecord(
            position: nil,
            id: id,
            recordedAt: surroundings.now(),
            action: entry.action,
            outcome: entry.outcome,
            actorKind: requester.kind,
            actor: requester.identifier,
            subject: entry.subject,
            object: entry.object,
            context: context(of: entry, by: requester),
            content: .init(
                subjects: entry.subjects,
                categories: entry.categories.sorted().joined(separator: ","),
                fields: entry.fields.joined(separator: ","),
                facts: entry.facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";"),
                beforeHash: entry.beforeHash,
                afterHash: entry.afterHash
            ),
            disclosure: entry.disclosure,
            reason: try sealedReason(of: entry, id: id, organization: requester.organization, in: tx),
            sealedOrigin: try sealedOrigin(of: entry, id: id, by: requester, in: tx),
            salt: surroundings.randomBytes(16)
        )
    }

    private func context(of entry: AuditEntry, by requester: Requester) -> AuditRecord.Context {
        .init(
            onBehalfOf: entry.onBehalfOf,
            roles: requester.roles.map(\.rawValue).sorted().joined(separator: ","),
            session: requester.session?.bytes,
            authentication: entry.authentication,
            purpose: requester.purpose,
            request: requester.request?.bytes,
            version: configuration.version,
            timeSource: configuration.timeSource
        )
    }

    private func sealedReason(
        of entry: AuditEntry,
        id: AuditEntryID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> AuditRecord.SealedReason? {
        guard let reason = entry.reason else { return nil }
        var place = SealedPlace(organization: organization, owner: .organization, kind: .auditReason, row: id.bytes)
        var owner = AuditRecord.SealedReason.Owner.organization
        if let subject = entry.subject, try vault.hasLivingKey(subject, of: organization, in: tx) {
            place.owner = .subject(subject)
            owner = .subject
        }
        return .init(owner: owner, sealed: try vault.seal(reason.map { Array($0.utf8) }, at: place, in: tx))
    }

    /// Two lines: the network address and the device, either of which may be empty.
    private func sealedOrigin(
        of entry: AuditEntry,
        id: AuditEntryID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> [UInt8]? {
        guard requester.networkAddress != nil || entry.device != nil else { return nil }
        let device = entry.device ?? Sensitive("")
        let lines = device.map { Array("\(requester.networkAddress ?? "")\n\($0)".utf8) }
        let place = SealedPlace(
            organization: requester.organization,
            owner: .organization,
            kind: .auditOrigin,
            row: id.bytes
        )
        return try vault.seal(lines, at: place, in: tx)
    }
}

extension AuditEntry {
    /// Throws `unsafeWord` when something that is no fixed word stands where one belongs.
    func checkWords() throws(AuditError) {
        try Self.check(action.rawValue, "action")
        for object in [object, subjects, onBehalfOf, disclosure?.recipient] {
            if let object { try Self.check(object.kind, "object kind") }
        }
        for field in fields { try Self.check(field, "fields") }
        for category in categories { try Self.check(category, "categories") }
        for (name, value) in facts {
            try Self.check(name, "facts")
            try Self.check(value, "facts")
        }
        if let authentication { try Self.check(authentication, "authentication") }
        if let disclosure {
            try Self.check(disclosure.channel, "channel")
            try Self.check(disclosure.protection, "protection")
        }
    }

    private static func check(_ word: String, _ field: String) throws(AuditError) {
        guard (1...128).contains(word.utf8.count), word.utf8.allSatisfy(isWordByte) else {
            throw .unsafeWord(field: field)
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
