// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage
import WardVault

/// What the gate reads, for many people in few statements. Facts, not decisions; all in the caller's transaction, so that
/// a withdrawal committed before it is seen.
extension Consent {
    /// Why each address is suppressed, in the order given; nil where it is not.
    package func suppression(
        of addresses: [EmailAddress],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SuppressionReason?] {
        var reasons: [SuppressionReason?] = []
        reasons.reserveCapacity(addresses.count)
        for start in stride(from: 0, to: addresses.count, by: Self.contactsPerStatement) {
            let chunk = addresses[start..<min(start + Self.contactsPerStatement, addresses.count)]
            let hashes = try vault.blindIndexes(
                chunk.map { Sensitive($0.normalized) },
                kind: .suppressedAddress,
                of: organization,
                in: tx
            )
            let found = try SuppressionQueries.find(hashes, of: organization, in: tx)
            reasons.append(contentsOf: hashes.map { found[$0] })
        }
        return reasons
    }

    /// What holds for each person; people about whom nothing is recorded are missing from the answer.
    package func standing(
        of contacts: [ContactID],
        purpose: Purpose,
        channel: Channel,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: ConsentStanding] {
        var all: [ContactID: ConsentStanding] = [:]
        for start in stride(from: 0, to: contacts.count, by: Self.contactsPerStatement) {
            let chunk = Array(contacts[start..<min(start + Self.contactsPerStatement, contacts.count)])
            let found = try ConsentQueries.standing(
                of: chunk,
                purpose: purpose,
                channel: channel,
                organization: organization,
                in: tx
            )
            all.merge(found) { $1 }
        }
        return all
    }

    /// Whether each person has authorized marketing at `now`; people without any record are missing.
    package func authorization(
        of contacts: [ContactID],
        isPaid: Bool,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: AuthorizationStanding] {
        var all: [ContactID: AuthorizationStanding] = [:]
        for start in stride(from: 0, to: contacts.count, by: Self.contactsPerStatement) {
            let chunk = Array(contacts[start..<min(start + Self.contactsPerStatement, contacts.count)])
            let found = try AuthorizationQueries.all(of: chunk, organization: organization, in: tx)
            for (contact, known) in Dictionary(grouping: found, by: \.contact) {
                all[contact] = Self.standing(of: known, isPaid: isPaid, at: now)
            }
        }
        return all
    }

    static func standing(
        of known: [MarketingAuthorization],
        isPaid: Bool,
        at now: Timestamp
    ) -> AuthorizationStanding {
        if let valid = known.last(where: { $0.isValid(at: now, isPaid: isPaid) }) { return .valid(valid.id) }
        if known.contains(where: { $0.isValid(at: now, isPaid: false) }) { return .lacksRemunerationStatement }
        guard let newest = known.max(by: { $0.signedAt < $1.signedAt }) else { return .none }
        if newest.revokedAt != nil { return .revoked }
        return newest.expiresAt <= now ? .expired : .none
    }
}
