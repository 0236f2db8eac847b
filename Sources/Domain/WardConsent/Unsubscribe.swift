// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage

extension Consent {
    /// Makes the token for one message's unsubscribe link. The caller puts its text into the message and keeps it nowhere
    /// else.
    package func makeUnsubscribeToken(
        for contact: ContactID,
        purpose: Purpose,
        channel: Channel = .email,
        campaign: CampaignID? = nil,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> UnsubscribeToken {
        let token = UnsubscribeToken(for: organization, surroundings: surroundings)
        try keep(token, for: contact, purpose: purpose, channel: channel, campaign: campaign, in: tx)
        return token
    }

    /// Keeps a token that was made before the transaction, so that messages can be put together outside it.
    package func keep(
        _ token: UnsubscribeToken,
        for contact: ContactID,
        purpose: Purpose,
        channel: Channel = .email,
        campaign: CampaignID? = nil,
        in tx: any WriteTransaction
    ) throws {
        let now = surroundings.now()
        try UnsubscribeTokenQueries.insert(
            token,
            .init(contact: contact, purpose: purpose, channel: channel, expiresAt: now + UnsubscribeToken.lifetime),
            campaign: campaign,
            madeAt: now,
            in: tx
        )
    }

    /// What the page behind the link may show; changes nothing. Nil for an unknown or expired token.
    package func offer(for token: UnsubscribeToken) async throws -> UnsubscribeOffer? {
        let now = surroundings.now()
        return try await store.read { tx in
            guard let stored = try UnsubscribeTokenQueries.find(token, in: tx), now < stored.expiresAt else {
                return nil
            }
            return UnsubscribeOffer(
                organization: token.organization,
                purpose: stored.purpose,
                channel: stored.channel,
                isAlreadyDone: try self.isWithdrawn(stored, of: token.organization, in: tx)
            )
        }
    }

    /// Unsubscribes: from the return on, no attempt of this purpose begins (invariant V7). Using a token again is
    /// harmless. Needs no requester: whoever holds the token may, as RFC 8058 asks.
    package func unsubscribe(
        with token: UnsubscribeToken,
        source: ConsentSource
    ) async throws -> UnsubscribeOutcome {
        try await store.write { tx in
            let now = self.surroundings.now()
            guard let stored = try UnsubscribeTokenQueries.find(token, in: tx), now < stored.expiresAt else {
                return .unknown
            }
            if try self.isWithdrawn(stored, of: token.organization, in: tx) {
                return .already(stored.purpose, stored.channel)
            }
            let requester = Requester(
                organization: token.organization,
                kind: .patient,
                identifier: stored.contact.bytes,
                purpose: .individualRequest
            )
            let statement = ConsentStatement(
                contact: stored.contact,
                purpose: stored.purpose,
                channel: stored.channel,
                choice: .withdrawn,
                source: source,
                wordingVersion: "",
                chosenAt: now
            )
            let id = try self.write(statement, by: requester, in: tx)
            try UnsubscribeTokenQueries.markUsed(token, at: now, in: tx)
            try self.audit.record(
                AuditEntry(
                    .consentUnsubscribe,
                    object: AuditObject(kind: "consent_record", id),
                    subject: stored.contact,
                    facts: ["purpose": stored.purpose.rawValue, "source": source.rawValue]
                ),
                by: requester,
                in: tx
            )
            return .unsubscribed(stored.purpose, stored.channel)
        }
    }

    private func isWithdrawn(
        _ stored: UnsubscribeTokenQueries.Stored,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool {
        let standing = try ConsentQueries.standing(
            of: [stored.contact],
            purpose: stored.purpose,
            channel: stored.channel,
            organization: organization,
            in: tx
        )
        if case .withdrawn = standing[stored.contact] { return true }
        return false
    }
}
