// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardAudit
package import WardKernel
package import WardStorage
package import WardVault

/// Key files in a folder of their own, a vault and an audit log on them, and one established organization.
///
/// ```swift
/// try await TestStore.with(kind, migrations: TestVault.migrations + WardContactsMigrations.all) { store in
///     let ground = try await TestVault.make(in: store)
///     try await store.write { try ground.vault.createSubject(person, of: ground.organization, in: $0) }
/// }
/// ```
package final class TestVault: Sendable {
    package let vault: Vault
    package let audit: Audit
    package let organization: OrganizationID
    package let surroundings: Surroundings
    /// The folder that holds `keys` and `checkpoints`; removed with this object.
    package let folder: String

    package var keyDirectory: String { folder + "/keys" }
    package var checkpointDirectory: String { folder + "/checkpoints" }

    private init(folder: String, surroundings: Surroundings) throws {
        self.folder = folder
        self.surroundings = surroundings
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let keys = try KeyDirectory.create(at: folder + "/keys", surroundings: surroundings)
        vault = Vault(keys: keys, surroundings: surroundings)
        audit = Audit(
            vault: vault,
            configuration: AuditConfiguration(
                logName: "ward.example",
                checkpointDirectory: folder + "/checkpoints",
                version: "test"
            ),
            surroundings: surroundings
        )
        organization = surroundings.makeIdentifier()
    }

    deinit {
        // A folder that stays behind in the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The migrations that a vault and an audit log need.
    package static var migrations: [Migration] { WardVaultMigrations.all + WardAuditMigrations.all }

    /// Makes keys, vault and audit log, and establishes an organization in the store.
    package static func make(
        in store: any Store,
        surroundings: Surroundings = .machine
    ) async throws -> TestVault {
        let folder = FileManager.default.temporaryDirectory.path + "/ward-vault-\(UInt64.random(in: 0 ... .max))"
        let made = try TestVault(folder: folder, surroundings: surroundings)
        try await made.establish(made.organization, in: store)
        return made
    }

    /// Establishes a further organization, for tests of two.
    package func establish(_ organization: OrganizationID, in store: any Store) async throws {
        let vault = vault
        try await store.write { try vault.establish(organization, in: $0) }
    }
}

/// Requesters for tests.
package enum TestRequester {
    /// A staff account with these roles.
    package static func with(
        roles: Set<Role>,
        of organization: OrganizationID,
        purpose: PurposeOfUse = .healthcareOperations
    ) -> Requester {
        let account: StaffID = Surroundings.machine.makeIdentifier()
        return Requester(
            organization: organization,
            kind: .staff,
            identifier: account.bytes,
            roles: roles,
            session: Surroundings.machine.makeIdentifier(),
            networkAddress: "192.0.2.7",
            request: Surroundings.machine.makeIdentifier(),
            purpose: purpose
        )
    }
}
