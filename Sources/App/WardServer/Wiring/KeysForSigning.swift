// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardMailCrypto
import WardSenderDomains
import WardStorage

/// Hands the sender domain's active keys to the send path.
struct KeysForSigning: SignerSource {
    let senderDomains: SenderDomains

    func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner] {
        try senderDomains.signers(for: domain, of: organization, in: tx)
    }
}
