// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCommands
import WardKernel
import WardStorage
import WardVault

/// Brings the vault's key operations and their audit entries together. The root key is the whole installation's: every
/// organization gets an entry, in the transaction that wraps its keys anew.
struct InstallationKeys: KeyAdministration {
    let vault: Vault
    let audit: Audit
    let store: any Store

    func listing(by requester: Requester) async throws -> KeyListing {
        try requester.require(.manageSettings)
        let facts = try await store.write { [vault, audit] tx in
            try audit.record(AuditEntry(.keyView), by: requester, in: tx)
            return try vault.keyFacts(of: requester.organization, in: tx)
        }
        return KeyListing(
            facts: facts,
            retired: try vault.keys.retiredRootKeys,
            isRotatingRoot: vault.keys.isRotatingRoot
        )
    }

    func rotateRoot(destroysRetired: Bool, by requester: Requester) async throws -> RootRotation {
        try requester.require(.manageSettings)
        return try await vault.rotateRootKey(in: store, destroysRetired: destroysRetired) { [audit] id, name, tx in
            // Staff belong to one organization; in the others' logs the installation did it.
            let actor = id == requester.organization ? requester : .service("keys", of: id)
            try audit.record(AuditEntry(.keyRotateRoot, facts: ["root_key": name]), by: actor, in: tx)
        }
    }
}
