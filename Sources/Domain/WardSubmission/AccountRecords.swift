// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardIdentity
import WardKernel
import WardStorage
import WardVault

/// Reads accounts: their rows, and what is sealed in them.
struct AccountRecords: Sendable {
    let vault: Vault
    let identity: Identity

    /// What is sealed of an account.
    struct Secrets: Codable, Sendable {
        var keys: SCRAMKeys
        var sender: String?
    }

    /// The account of a login, `name@organization`; nil: there is none.
    func find(
        _ login: String,
        in tx: any ReadTransaction
    ) throws -> (organization: OrganizationID, row: AccountRow)? {
        let parts = login.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let organization = try identity.tenant(slug: String(parts[1]), in: tx),
            let row = try AccountQueries.find(String(parts[0]), of: organization.id, in: tx)
        else { return nil }
        return (organization.id, row)
    }

    func place(_ id: SubmissionAccountID, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .submissionAccount, row: id.bytes)
    }

    func secrets(
        of row: AccountRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<Secrets> {
        try vault.open(row.sealed, at: place(row.id, organization), in: tx)
            .map { try JSONDecoder().decode(Secrets.self, from: Data($0)) }
    }

    func account(
        _ row: AccountRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SubmissionAccount {
        account(row, try secrets(of: row, organization: organization, in: tx), organization: organization)
    }

    func account(
        _ row: AccountRow,
        _ secrets: Sensitive<Secrets>,
        organization: OrganizationID
    ) -> SubmissionAccount {
        SubmissionAccount(
            id: row.id,
            organization: organization,
            name: row.name,
            sender: secrets.expose(for: .evaluating, \.sender).flatMap { EmailAddress($0) },
            messageClass: row.messageClass,
            sensitivity: row.sensitivity,
            messagesPerHour: row.messagesPerHour,
            recipientsPerMessage: row.recipientsPerMessage,
            signInRule: row.signInRule,
            madeAt: row.madeAt,
            disabledAt: row.disabledAt
        )
    }
}
