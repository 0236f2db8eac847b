// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum ErasureQueries {
    /// Not scoped to one organization: an epoch's key wraps persons of all of them. Nil when nobody was erased since.
    static func oldestAcrossAll(fromEpoch epoch: Int64, in tx: any ReadTransaction) throws -> Timestamp? {
        try tx.first("SELECT min(destroyed_at) FROM subject_key WHERE destroyed_at IS NOT NULL AND epoch >= \(epoch)")
    }

    static func uncertified(
        belowEpoch epoch: Int64,
        limit: Int,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ErasureCertificate] {
        try tx.rows(
            """
            SELECT subject, epoch, destroyed_at FROM subject_key
            WHERE organization = \(organization) AND destroyed_at IS NOT NULL AND epoch < \(epoch)
                AND NOT EXISTS (SELECT 1 FROM erasure_certificate AS certificate
                    WHERE certificate.organization = subject_key.organization
                        AND certificate.subject = subject_key.subject)
            ORDER BY epoch, subject LIMIT \(limit)
            """
        ).map { row in
            ErasureCertificate(
                organization: organization,
                subject: try row.value(at: 0),
                destroyedAt: try row.value(at: 2),
                epoch: try row.value(at: 1),
                certifiedAt: now
            )
        }
    }

    static func insert(_ certificate: ErasureCertificate, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO erasure_certificate (organization, subject, epoch, destroyed_at, certified_at)
            VALUES (\(certificate.organization), \(certificate.subject), \(certificate.epoch),
                \(certificate.destroyedAt), \(certificate.certifiedAt))
            """
        )
    }
}
