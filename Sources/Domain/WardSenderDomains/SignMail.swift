// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardKernel
package import WardMailCrypto
package import WardStorage
import WardVault

extension SenderDomains {
    /// Who signs mail from this domain now, RSA first; empty while no key is active.
    package func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner] {
        try SigningKeyQueries.active(domain.lowercased(), of: organization, in: tx).map { key, sealed in
            if let known = signers.signer(key.id) { return known }
            let place = Self.place(of: key.id, organization)
            let signer = try DKIMSigner(
                domain: key.domain,
                selector: key.selector,
                key: DKIMSigningKey(key.algorithm, stored: try vault.open(sealed, at: place, in: tx))
            )
            signers.keep(signer, as: key.id)
            return signer
        }
    }

    static func place(of id: SigningKeyID, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .signingKey, row: id.bytes)
    }
}

/// Keys that were read once. Whether a key may sign is asked of its row each time, so that one that is retired, by another
/// process too, signs no more.
final class SignerCache: Sendable {
    private static let capacity = 256
    private let known = Mutex<[SigningKeyID: DKIMSigner]>([:])

    func signer(_ id: SigningKeyID) -> DKIMSigner? { known.withLock { $0[id] } }

    func keep(_ signer: DKIMSigner, as id: SigningKeyID) {
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[id] = signer
        }
    }

    func forget(_ ids: [SigningKeyID]) {
        known.withLock { known in for id in ids { known[id] = nil } }
    }
}
