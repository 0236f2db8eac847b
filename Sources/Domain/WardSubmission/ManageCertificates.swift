// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardCrypto
import WardIdentity
package import WardKernel
import WardMailCrypto
import WardSandbox
package import WardStorage
import WardVault

extension Submission {
    /// Certificates of one account.
    package static let mostCertificates = 10
    /// Octets of a file with a certificate.
    package static let largestCertificate = 64 << 10

    /// The certificates that are pinned for an account, in the order in which they were added, with where they stand now.
    package func certificates(
        of name: String,
        by requester: Requester
    ) async throws -> [(certificate: PinnedCertificate, standing: PinnedCertificate.Standing)] {
        try requester.require(.manageSettings)
        let now = surroundings.now()
        return try await store.read { [self] tx in
            let row = try existing(name, of: requester.organization, in: tx)
            return try CertificateQueries.of(row.id, organization: requester.organization, in: tx)
                .map { ($0, $0.standing(at: now)) }
        }
    }

    /// The certificates of all accounts, as `certificates(of:by:)` gives those of one; nothing for an account without any.
    package func certificates(
        by requester: Requester
    ) async throws -> [SubmissionAccountID: [(certificate: PinnedCertificate, standing: PinnedCertificate.Standing)]] {
        try requester.require(.manageSettings)
        let now = surroundings.now()
        return try await store.read { tx in
            try CertificateQueries.all(of: requester.organization, in: tx)
                .mapValues { $0.map { ($0, $0.standing(at: now)) } }
        }
    }

    /// How many certificates have ended or end within their warning time, of accounts that cannot sign in without one: for
    /// whoever looks after the installation.
    package static func endingCertificatesAcrossOrganizations(
        at now: Timestamp,
        in tx: any ReadTransaction
    ) throws -> Int {
        try CertificateQueries.countAcrossOrganizations(endingBefore: now + PinnedCertificate.warningTime, in: tx)
    }

    /// Reads a certificate in the confined child and pins its key. A later certificate of a pinned key takes the earlier one's
    /// place.
    ///
    /// - Throws: `SubmissionError.certificateRefused` with what to do.
    package func addCertificate(
        _ given: [UInt8],
        to name: String,
        by requester: Requester
    ) async throws -> PinnedCertificate {
        try requester.require(.manageSettings)
        let certificate = try await read(given)
        return try await store.write { [self] tx in
            let organization = requester.organization
            let row = try existing(name, of: organization, in: tx)
            guard row.disabledAt == nil else { throw SubmissionError.certificateRefused(.accountDisabled) }
            let held = try CertificateQueries.of(row.id, organization: organization, in: tx)
            if let same = held.first(where: { $0.keyDigest == certificate.keyDigest }) {
                guard (same.validFrom, same.validUntil) != (certificate.validFrom, certificate.validUntil) else {
                    throw SubmissionError.certificateRefused(.alreadyPinned)
                }
                try CertificateQueries.delete(same.keyDigest, of: row.id, organization: organization, in: tx)
            } else if held.count >= Self.mostCertificates {
                throw SubmissionError.certificateRefused(.tooMany)
            }
            try CertificateQueries.insert(certificate, for: row.id, of: organization, in: tx)
            try record(.submissionCertificateAdd, row, ["certificate": certificate.fingerprint], by: requester, in: tx)
            return certificate
        }
    }

    /// Removes a certificate: nobody signs in with it from now on. Who is signed in stays so until the connection ends.
    ///
    /// - Parameter fingerprint: hexadecimal, with or without colons; the first eight digits and more where they are enough.
    package func removeCertificate(
        _ fingerprint: String,
        from name: String,
        by requester: Requester
    ) async throws -> PinnedCertificate {
        try requester.require(.manageSettings)
        let wanted = fingerprint.filter { $0 != ":" && !$0.isWhitespace }.lowercased()
        return try await store.write { [self] tx in
            let organization = requester.organization
            let row = try existing(name, of: organization, in: tx)
            let found = try CertificateQueries.of(row.id, organization: organization, in: tx)
                .filter { wanted.count >= 8 && $0.fingerprint.hasPrefix(wanted) }
            guard found.count == 1, let certificate = found.first else {
                throw SubmissionError.certificateNotFound(account: name)
            }
            try CertificateQueries.delete(certificate.keyDigest, of: row.id, organization: organization, in: tx)
            let facts = ["certificate": certificate.fingerprint]
            try record(.submissionCertificateRemove, row, facts, by: requester, in: tx)
            return certificate
        }
    }

    /// Says what an account signs in with. A certificate is asked for only where one is pinned.
    package func setSignInRule(_ rule: SignInRule, of name: String, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        try await store.write { [self] tx in
            let organization = requester.organization
            let row = try existing(name, of: organization, in: tx)
            guard row.signInRule != rule else { return }
            let certificates = try CertificateQueries.of(row.id, organization: organization, in: tx)
            guard rule == .password || !certificates.isEmpty else { throw SubmissionError.certificateFirst(name) }
            try AccountQueries.set(rule, of: row.id, organization: organization, in: tx)
            try record(
                .submissionSignInRule,
                row,
                ["rule": rule.rawValue, "before": row.signInRule.rawValue],
                by: requester,
                in: tx
            )
        }
    }

    private func read(_ given: [UInt8]) async throws -> PinnedCertificate {
        guard given.count <= Self.largestCertificate else { throw SubmissionError.certificateRefused(.tooLarge) }
        guard Data(given).range(of: Data("PRIVATE KEY-----".utf8)) == nil else {
            throw SubmissionError.certificateRefused(.holdsPrivateKey)
        }
        let facts: ClientCertificateFacts
        switch await certificateReader.clientCertificate(given) {
        case .read(let read): facts = read
        case .refused: throw SubmissionError.certificateRefused(.unreadable)
        case .quarantined(let reason):
            throw SubmissionError.certificateRefused(.quarantined(reason: reason.sentence))
        }
        let now = surroundings.now()
        guard !facts.isAuthority else { throw SubmissionError.certificateRefused(.isAuthority) }
        guard facts.isStrong else { throw SubmissionError.certificateRefused(.weakKey) }
        let certificate = PinnedCertificate(
            keyDigest: Array(facts.keyDigest),
            validFrom: Timestamp(calendarSeconds: facts.notBefore),
            validUntil: Timestamp(calendarSeconds: facts.notAfter),
            addedAt: now
        )
        guard certificate.standing(at: now) != .ended else { throw SubmissionError.certificateRefused(.ended) }
        return certificate
    }

    private func existing(
        _ name: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AccountRow {
        guard let row = try AccountQueries.find(name, of: organization, in: tx) else {
            throw SubmissionError.accountNotFound(name)
        }
        return row
    }

    private func record(
        _ action: AuditAction,
        _ row: AccountRow,
        _ facts: [String: String],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(action, object: AuditObject(kind: "submission_account", row.id), facts: facts),
            by: requester,
            in: tx
        )
    }
}
