// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage
import WardVault

/// How many people chose what.
package struct ConsentTotal: Sendable, Hashable {
    package let purpose: Purpose
    package let channel: Channel
    package let choice: ConsentChoice
    package let people: Int
}

/// How many addresses are suppressed, and why.
package struct SuppressionTotal: Sendable, Hashable {
    package let reason: SuppressionReason
    package let addresses: Int
}

/// What the consent page shows about everybody.
package struct ConsentOverview: Sendable, Hashable {
    package let totals: [ConsentTotal]
    package let suppressed: [SuppressionTotal]
}

/// What the consent page shows about one person.
package struct ConsentOfPerson: Sendable {
    /// Newest first, at most 500.
    package let records: [ConsentRecord]
    package let authorizations: [MarketingAuthorization]
}

/// A person in the list behind a total.
package struct ConsentedPerson: Sendable, Hashable {
    package let contact: ContactID
    package let record: ConsentRecordID
    package let chosenAt: Timestamp
}

extension Consent {
    /// The numbers of the whole organization.
    package func overview(by requester: Requester) async throws -> ConsentOverview {
        try requester.require(.viewConsent)
        return try await store.read { tx in
            ConsentOverview(
                totals: try ConsentQueries.totals(of: requester.organization, in: tx).map { row in
                    ConsentTotal(
                        purpose: try row.value("purpose"),
                        channel: try row.value("channel"),
                        choice: try row.value("choice"),
                        people: try row.value("people")
                    )
                }.sorted { ($0.purpose.rawValue, $0.choice.rawValue) < ($1.purpose.rawValue, $1.choice.rawValue) },
                suppressed: try SuppressionQueries.totals(of: requester.organization, in: tx).map { row in
                    SuppressionTotal(reason: try row.value("reason"), addresses: try row.value("addresses"))
                }.sorted { $0.reason.rawValue < $1.reason.rawValue }
            )
        }
    }

    /// The suppressed addresses, as keyed hashes; `after` is the last of the page before.
    package func suppressions(
        after hash: [UInt8] = [],
        limit: Int = 50,
        by requester: Requester
    ) async throws -> [Suppression] {
        try requester.require(.viewConsent)
        return try await store.read { tx in
            try SuppressionQueries.page(
                after: hash,
                limit: min(max(limit, 1), 500),
                of: requester.organization,
                in: tx
            )
        }
    }

    /// The people behind a total, by identifier; `after` is the last of the page before.
    package func people(
        purpose: Purpose,
        channel: Channel,
        choice: ConsentChoice,
        after: ContactID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> [ConsentedPerson] {
        try requester.require(.viewConsent)
        return try await store.read { tx in
            try ConsentQueries.people(
                purpose: purpose,
                channel: channel,
                choice: choice,
                after: after,
                limit: min(max(limit, 1), 500),
                organization: requester.organization,
                in: tx
            ).map { row in
                ConsentedPerson(
                    contact: try row.value("contact"),
                    record: try row.value("record"),
                    chosenAt: try row.value("chosen_at")
                )
            }
        }
    }

    /// Everything recorded about one person, for staff, or for the person.
    package func history(of contact: ContactID, by requester: Requester) async throws -> ConsentOfPerson {
        if requester.kind != .patient || requester.identifier != contact.bytes {
            try requester.require(.viewConsent)
        }
        return try await store.read { tx in
            let rows = try ConsentQueries.history(of: contact, organization: requester.organization, in: tx)
            return ConsentOfPerson(
                records: try rows.map { try self.record($0, organization: requester.organization, in: tx) },
                authorizations: try AuthorizationQueries.all(
                    of: [contact],
                    organization: requester.organization,
                    in: tx
                )
            )
        }
    }

    private func record(
        _ row: Row,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ConsentRecord {
        let id = try row.value("id", as: ConsentRecordID.self)
        let contact = try row.value("contact", as: ContactID.self)
        let kind = try row.value("recorded_by_kind", as: String.self)
        guard let recordedByKind = Requester.Kind(rawValue: kind) else {
            throw StoreError(code: .decoding, detail: "recorded_by_kind")
        }
        let note = try row.optional("note", as: [UInt8].self).map { sealed in
            try vault.open(sealed, at: Self.notePlace(id, of: contact, organization: organization), in: tx)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        return ConsentRecord(
            id: id,
            statement: ConsentStatement(
                contact: contact,
                purpose: try row.value("purpose"),
                channel: try row.value("channel"),
                choice: try row.value("choice"),
                source: try row.value("source"),
                wordingVersion: try row.value("wording_version"),
                chosenAt: try row.value("chosen_at"),
                note: note
            ),
            recordedAt: try row.value("recorded_at"),
            recordedBy: RecordedBy(kind: recordedByKind, identifier: try row.value("recorded_by"))
        )
    }
}
