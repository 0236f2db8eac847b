// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardAudit
package import WardKernel
package import WardStorage
package import WardVault

/// Organizations, staff accounts, roles, sign-in and sessions: turns a session token into the `Requester` that every
/// façade asks for.
package final class Identity: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let passwords: any PasswordHashing
    let surroundings: Surroundings
    let policy: IdentityPolicy
    let rule = PasswordRule()
    let decoy = Mutex<String?>(nil)
    /// True in the demonstration only: a menu then offers the other seeded people.
    package let allowsSwitchingPerson: Bool

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        passwords: any PasswordHashing,
        surroundings: Surroundings,
        policy: IdentityPolicy = IdentityPolicy(),
        allowsSwitchingPerson: Bool = false
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.passwords = passwords
        self.surroundings = surroundings
        self.policy = policy
        self.allowsSwitchingPerson = allowsSwitchingPerson
    }

    // MARK: Sealed columns

    func seal(
        _ text: Sensitive<String>,
        _ kind: RecordKind,
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.seal(text.map { Array($0.utf8) }, at: place(kind, staff, organization), in: tx)
    }

    func open(
        _ sealed: [UInt8],
        _ kind: RecordKind,
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<String> {
        try vault.open(sealed, at: place(kind, staff, organization), in: tx)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private func place(_ kind: RecordKind, _ staff: StaffID, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: kind, row: staff.bytes)
    }

    func emailIndex(
        _ email: Sensitive<String>,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.blindIndex(email.map { $0.lowercased() }, kind: .staffEmail, of: organization, in: tx)
    }

    // MARK: Audit

    /// The audit entry about a staff account.
    func entry(
        _ action: AuditAction,
        about staff: StaffID?,
        outcome: AuditOutcome = .success,
        reason: String? = nil,
        facts: [String: String] = [:],
        authentication: String? = nil
    ) -> AuditEntry {
        var entry = AuditEntry(
            action,
            object: staff.map { AuditObject(kind: "staff", $0) },
            outcome: outcome,
            reason: reason.map(Sensitive.init),
            facts: facts
        )
        entry.authentication = authentication
        return entry
    }

    /// A reason as it may be kept: 1 … 500 characters.
    func checked(reason: String) throws(IdentityError) -> String {
        let text = reason.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard (1...500).contains(text.count) else { throw .reasonMissing }
        return text
    }
}

/// How passwords are hashed. `WardCrypto.PasswordHash` is the one that the server wires.
package protocol PasswordHashing: Sendable {
    /// A self-describing hash with its own salt.
    func hash(_ password: Sensitive<String>) async throws -> String
    func verify(_ password: Sensitive<String>, against hash: String) async throws -> Bool
}
