// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardConsent
import WardContacts
import WardKernel
import WardStorage

/// Hands the basis of an import from WardContacts to WardConsent.
struct ImportBasisRecorder: ConsentRecorder {
    let consent: Consent

    func record(
        _ basis: WritingBasis,
        for people: [ContactID],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let purposes = Set(basis.purposes.compactMap(Purpose.init(rawValue:)))
        try consent.recordImportBasis(
            ImportBasis(
                purposes: purposes,
                channel: Channel(rawValue: basis.channel) ?? .email,
                origin: basis.origin,
                wordingVersion: basis.wordingVersion,
                obtainedAt: basis.obtainedAt
            ),
            for: people,
            importing: AuditObject(kind: "import", identifier: people.first?.bytes ?? []),
            by: requester,
            in: tx
        )
    }
}
