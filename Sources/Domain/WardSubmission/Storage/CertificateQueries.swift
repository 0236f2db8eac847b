// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum CertificateQueries {
    /// In the order in which they were added.
    static func of(
        _ account: SubmissionAccountID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PinnedCertificate] {
        try tx.rows(
            """
            SELECT key_digest, valid_from, valid_until, added_at FROM submission_certificate
            WHERE organization = \(organization) AND account = \(account) ORDER BY added_at, key_digest
            """
        ).map(certificate)
    }

    /// Of every account, each account's in the order in which they were added.
    static func all(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SubmissionAccountID: [PinnedCertificate]] {
        let rows = try tx.rows(
            """
            SELECT account, key_digest, valid_from, valid_until, added_at FROM submission_certificate
            WHERE organization = \(organization) ORDER BY account, added_at, key_digest
            """
        )
        return try rows.reduce(into: [:]) { $0[try $1.value("account"), default: []].append(try certificate($1)) }
    }

    /// Certificates that end before a time, of accounts that cannot sign in without one, over all organizations.
    static func countAcrossOrganizations(endingBefore time: Timestamp, in tx: any ReadTransaction) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM submission_certificate c
            JOIN submission_account a ON a.organization = c.organization AND a.id = c.account
            WHERE c.valid_until < \(time) AND a.disabled_at IS NULL AND a.sign_in_rule <> 'password'
            """
        ) ?? 0
    }

    /// The certificate of an account that was presented; nil without one, and out of its time.
    static func admitted(
        _ presented: PresentedCertificate?,
        by account: SubmissionAccountID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PinnedCertificate? {
        guard let presented else { return nil }
        return try of(account, organization: organization, in: tx).first { $0.admits(presented, at: now) }
    }

    /// Where a key is pinned, over all organizations: whoever presents it has said no name yet.
    static func holders(
        of keyDigest: [UInt8],
        in tx: any ReadTransaction
    ) throws -> [(organization: OrganizationID, account: SubmissionAccountID, certificate: PinnedCertificate)] {
        try tx.rows(
            """
            SELECT organization, account, key_digest, valid_from, valid_until, added_at FROM submission_certificate
            WHERE key_digest = \(keyDigest) ORDER BY organization, account
            """
        ).map { (try $0.value("organization"), try $0.value("account"), try certificate($0)) }
    }

    static func insert(
        _ certificate: PinnedCertificate,
        for account: SubmissionAccountID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO submission_certificate (organization, account, key_digest, valid_from, valid_until, added_at)
            VALUES (\(organization), \(account), \(certificate.keyDigest), \(certificate.validFrom),
                \(certificate.validUntil), \(certificate.addedAt))
            """
        )
    }

    static func delete(
        _ keyDigest: [UInt8],
        of account: SubmissionAccountID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM submission_certificate
            WHERE organization = \(organization) AND account = \(account) AND key_digest = \(keyDigest)
            """
        )
    }

    private static func certificate(_ row: Row) throws -> PinnedCertificate {
        PinnedCertificate(
            keyDigest: try row.value("key_digest"),
            validFrom: try row.value("valid_from"),
            validUntil: try row.value("valid_until"),
            addedAt: try row.value("added_at")
        )
    }
}
