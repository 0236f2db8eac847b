// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardAudit
package import WardCrypto
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

/// How passwords are hashed; tests count with another than `Argon2Passwords`.
package protocol PasswordHashing: Sendable {
    /// A self-describing hash with its own salt.
    /// - Parameter pepper: a key of the organization that is not in the database.
    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String
    func matches(
        _ password: Sensitive<String>,
        hash: String,
        pepper: Sensitive<[UInt8]>
    ) async throws -> Bool
}

/// Argon2id, two at a time.
package struct Argon2Passwords: PasswordHashing {
    private let hashing: PasswordHash

    package init(_ hashing: PasswordHash) { self.hashing = hashing }

    package func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String {
        try await hashing.hash(password, pepper: pepper)
    }

    package func matches(
        _ password: Sensitive<String>,
        hash: String,
        pepper: Sensitive<[UInt8]>
    ) async throws -> Bool {
        try await hashing.verify(password, against: hash, pepper: pepper) != .differs
    }
}

extension Identity {
    /// The hash of a password as it is stored.
    func hash(_ password: Sensitive<String>, of organization: OrganizationID) async throws -> String {
        try await passwords.hash(password.map(PasswordRule.normalized), pepper: pepper(of: organization))
    }

    func matches(_ password: Sensitive<String>, hash: String, of organization: OrganizationID) async throws -> Bool {
        let pepper = try await pepper(of: organization)
        return try await passwords.matches(password.map(PasswordRule.normalized), hash: hash, pepper: pepper)
    }

    private func pepper(of organization: OrganizationID) async throws -> Sensitive<[UInt8]> {
        try await store.read { [vault] tx in
            try vault.purposeKey(KeyPurpose("staff.password"), of: organization, in: tx)
        }
    }
}
