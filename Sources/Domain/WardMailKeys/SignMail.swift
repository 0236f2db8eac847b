// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardCrypto
package import WardKernel
import WardMailCrypto
package import WardStorage
import WardVault

extension MailKeys {
    /// Who signs mail from this address now; a key that is out of its time signs nothing.
    package func signers(
        for address: EmailAddress,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> OwnSigners {
        var found = OwnSigners()
        for (key, sealed) in try OwnKeyQueries.active(address.normalized, of: organization, in: tx)
        where key.isInTime(at: now) {
            switch key.kind {
            case .smime: found.smime = try smimeSigner(key, sealed, of: organization, in: tx)
            case .openPGP:
                found.openPGP = OwnOpenPGPSigner(
                    secret: try vault.open(sealed, at: Self.place(of: key.id, organization), in: tx),
                    publicKey: key.publicForm,
                    fingerprint: key.fingerprint
                )
            }
        }
        if found.smime != nil || found.openPGP != nil {
            found.settings = try OwnKeyQueries.settings(of: organization, in: tx)
        }
        return found
    }

    private func smimeSigner(
        _ key: OwnMailKey,
        _ sealed: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SMIMESigner {
        if let known = signers.signer(key.id, key.fingerprint) { return known }
        let secret = try vault.open(sealed, at: Self.place(of: key.id, organization), in: tx)
        let signer = SMIMESigner(
            key: try secret.expose(for: .evaluating) { try MailPrivateKey($0) },
            certificate: try MailCertificate(key.publicForm),
            chain: try key.chain.map { try MailCertificate($0) }
        )
        signers.keep(signer, as: key.id, key.fingerprint)
        return signer
    }
}

/// Keys that were read once. Whether a key may sign, and with which certificate, is asked of its row each time.
final class OwnSignerCache: Sendable {
    private static let capacity = 64
    private let known = Mutex<[OwnMailKeyID: (fingerprint: String, signer: SMIMESigner)]>([:])

    func signer(_ id: OwnMailKeyID, _ fingerprint: String) -> SMIMESigner? {
        known.withLock { known in known[id].flatMap { $0.fingerprint == fingerprint ? $0.signer : nil } }
    }

    func keep(_ signer: SMIMESigner, as id: OwnMailKeyID, _ fingerprint: String) {
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[id] = (fingerprint, signer)
        }
    }

    func forget(_ id: OwnMailKeyID) { known.withLock { $0[id] = nil } }
}
