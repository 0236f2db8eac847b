// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
package import WardStorage
import WardVault

/// What is sealed of a request.
private struct RequestDetails: Codable, Sendable {
    var address: String
    var note: String
}

extension Consent {
    /// Records what a person chose after the warning; nothing before it is changed, the newest record holds.
    @discardableResult
    package func record(_ request: UnencryptedRequest, by requester: Requester) async throws -> UnencryptedRequestID {
        try requireEditing(requester, of: request.contact)
        guard UnencryptedWarning.all.contains(where: { $0.version == request.warningVersion }) else {
            throw ConsentError.invalid(field: "warning", rule: "is none of the versions that people were given")
        }
        let now = surroundings.now()
        guard request.askedAt <= now else {
            throw ConsentError.invalid(field: "time of the request", rule: "lies in the future")
        }
        let id: UnencryptedRequestID = surroundings.makeIdentifier()
        let organization = requester.organization
        try await store.write { tx in
            let details = request.note.map {
                RequestDetails(address: request.address.mailbox, note: String($0.prefix(500)))
            }
            let sealed = try self.vault.seal(
                details.map { Array(try JSONEncoder().encode($0)) },
                at: Self.place(of: id, request.contact, organization),
                in: tx
            )
            let hash = try self.requestHash(request.address, of: request.contact, organization: organization, in: tx)
            try UnencryptedRequestQueries.insert(
                id,
                request,
                hash: hash,
                sealed: sealed,
                at: now,
                by: requester,
                in: tx
            )
            try self.audit.record(
                AuditEntry(
                    .unencryptedRequest,
                    object: AuditObject(kind: "unencrypted_request", id),
                    subject: request.contact,
                    facts: [
                        "choice": request.choice.rawValue, "scope": request.scope.rawValue,
                        "warning": request.warningVersion, "asked": request.way.rawValue,
                    ]
                ),
                by: requester,
                in: tx
            )
        }
        return id
    }

    /// Records that a person, given the present warning, asks for unencrypted mail now.
    @discardableResult
    package func recordNow(
        _ contact: ContactID,
        _ address: EmailAddress,
        scope: RequestScope,
        way: RequestWay,
        by requester: Requester
    ) async throws -> UnencryptedRequestID {
        let request = UnencryptedRequest(
            contact: contact,
            address: address,
            scope: scope,
            way: way,
            warningVersion: UnencryptedWarning.current.version,
            askedAt: surroundings.now()
        )
        return try await record(request, by: requester)
    }

    /// Notes that a request was withdrawn; the next message is protected again.
    ///
    /// - Returns: whether it was not withdrawn before.
    @discardableResult
    package func withdraw(_ id: UnencryptedRequestID, by requester: Requester) async throws -> Bool {
        let organization = requester.organization
        return try await store.write { tx in
            let contact = try UnencryptedRequestQueries.contact(of: id, organization: organization, in: tx)
            try self.requireEditing(requester, of: contact)
            guard let contact else { throw ConsentError.requestNotFound }
            let now = self.surroundings.now()
            guard try UnencryptedRequestQueries.withdraw(id, at: now, of: organization, in: tx) else { return false }
            try self.audit.record(
                AuditEntry(
                    .unencryptedWithdraw,
                    object: AuditObject(kind: "unencrypted_request", id),
                    subject: contact
                ),
                by: requester,
                in: tx
            )
            return true
        }
    }

    /// A person's requests, the newest first.
    package func unencryptedRequests(of contact: ContactID, by requester: Requester) async throws -> [RecordedRequest] {
        try requester.require(.viewConsent)
        let organization = requester.organization
        return try await store.read { tx in
            try UnencryptedRequestQueries.all(of: [contact], organization: organization, in: tx)
                .map { try self.recorded($0, organization: organization, in: tx) }
                .sorted { $0.id > $1.id }
        }
    }

    /// What the gate reads: the requests of these people. Who never asked is absent.
    package func unencryptedRequests(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: RequestStanding] {
        var entries: [ContactID: [RequestStanding.Entry]] = [:]
        for start in stride(from: 0, to: contacts.count, by: 500) {
            let page = Array(contacts[start..<min(start + 500, contacts.count)])
            for row in try UnencryptedRequestQueries.all(of: page, organization: organization, in: tx) {
                let withdrawn: Timestamp? = try row.optional("withdrawn_at")
                let answered: Timestamp? = try row.optional("answered_at")
                let entry = RequestStanding.Entry(
                    id: try row.value("id"),
                    hash: try row.value("address_hash"),
                    choice: try Self.word(row, "choice"),
                    scope: try Self.word(row, "scope"),
                    isWithdrawn: withdrawn != nil,
                    isAnswered: answered != nil,
                    answeredBy: try row.optional("answered_by")
                )
                entries[try row.value("contact"), default: []].append(entry)
            }
        }
        return entries.mapValues { list in RequestStanding(entries: list.sorted { $0.id < $1.id }) }
    }

    /// The keyed hash of an address of one person: the same address of another person has another.
    package func requestHash(
        _ address: EmailAddress,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let text = Sensitive("\(contact) \(address.normalized)")
        return try vault.blindIndex(text, kind: .requestAddress, of: organization, in: tx)
    }

    private func recorded(
        _ row: Row,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> RecordedRequest {
        let id: UnencryptedRequestID = try row.value("id")
        let contact: ContactID = try row.value("contact")
        let place = Self.place(of: id, contact, organization)
        let details = try vault.open(try row.value("sealed"), at: place, in: tx).map {
            try JSONDecoder().decode(RequestDetails.self, from: Data($0))
        }
        return RecordedRequest(
            id: id,
            contact: contact,
            address: details.map { $0.address },
            note: details.map { $0.note },
            choice: try Self.word(row, "choice"),
            scope: try Self.word(row, "scope"),
            way: try Self.word(row, "asked_by"),
            warningVersion: try row.value("warning_version"),
            askedAt: try row.value("asked_at"),
            recordedAt: try row.value("recorded_at"),
            recordedBy: (try row.value("recorded_by_kind"), try row.value("recorded_by")),
            withdrawnAt: try row.optional("withdrawn_at"),
            answeredAt: try row.optional("answered_at")
        )
    }

    private static func word<Word: RawRepresentable>(_ row: Row, _ column: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try row.value(column)) else {
            throw StoreError(code: .decoding, detail: column)
        }
        return word
    }

    private static func place(
        of id: UnencryptedRequestID,
        _ contact: ContactID,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(organization: organization, owner: .subject(contact), kind: .unencryptedRequest, row: id.bytes)
    }
}
