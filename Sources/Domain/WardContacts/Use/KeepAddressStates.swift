// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage
import WardVault

/// Whether mail to an address comes back. It holds for the address, whoever has it.
package enum AddressState: Hashable, Sendable {
    /// Nothing is known against it.
    case deliverable
    /// The receiving host said temporarily no, so many times in a row; the newest reason is its enhanced status code.
    case softBounces(Int, reason: String)
    /// The receiving host said that the address does not exist: no more mail goes there.
    case hardBounce(reason: String, since: Timestamp)
}

extension Contacts {
    /// What is known of an address.
    package func addressState(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AddressState {
        let index = try addressIndex(address, of: organization, in: tx)
        return try AddressQueries.state(of: index, organization: organization, in: tx)
    }

    /// Notes that a message to the address came back. The caller audits the delivery's outcome.
    ///
    /// - Parameter reason: an enhanced status code (RFC 3463) such as `5.1.1`, or a fixed word; never the host's text.
    package func noteBounce(
        _ address: EmailAddress,
        isPermanent: Bool,
        reason: String,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let index = try addressIndex(address, of: organization, in: tx)
        let now = surroundings.now()
        try AddressQueries.note(index, isPermanent, reason, organization: organization, at: now, in: tx)
    }

    /// Forgets what is known against an address: a message arrived, or somebody corrected it.
    package func clearBounces(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let index = try addressIndex(address, of: organization, in: tx)
        try AddressQueries.clear(index, organization: organization, in: tx)
    }

    private func addressIndex(
        _ address: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.blindIndex(Sensitive(address.normalized), kind: .emailAddress, of: organization, in: tx)
    }
}

/// Statements on `address_state`.
enum AddressQueries {
    static func state(
        of address: [UInt8],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AddressState {
        let found = try tx.row(
            """
            SELECT state, reason, soft_bounces, changed_at FROM address_state
            WHERE organization = \(organization) AND address = \(address)
            """
        )
        guard let row = found else { return .deliverable }
        let state: String = try row.value(at: 0)
        let reason: String = try row.value(at: 1)
        if state == "hard" { return .hardBounce(reason: reason, since: try row.value(at: 3)) }
        return .softBounces(try row.value(at: 2), reason: reason)
    }

    static func note(
        _ address: [UInt8],
        _ isPermanent: Bool,
        _ reason: String,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        let state = isPermanent ? "hard" : "soft"
        try tx.execute(
            """
            INSERT INTO address_state (organization, address, state, reason, soft_bounces, changed_at)
            VALUES (\(organization), \(address), \(state), \(reason), \(isPermanent ? 0 : 1), \(now))
            ON CONFLICT (organization, address) DO UPDATE SET
            state = CASE WHEN address_state.state = 'hard' THEN 'hard' ELSE excluded.state END,
            reason = CASE WHEN address_state.state = 'hard' THEN address_state.reason ELSE excluded.reason END,
            soft_bounces = address_state.soft_bounces + excluded.soft_bounces, changed_at = excluded.changed_at
            """
        )
    }

    static func clear(_ address: [UInt8], organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute("DELETE FROM address_state WHERE organization = \(organization) AND address = \(address)")
    }
}
