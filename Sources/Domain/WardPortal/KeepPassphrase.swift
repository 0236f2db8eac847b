// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardIdentity
package import WardKernel
import WardStorage
import WardVault

/// Whether a passphrase is agreed with a person; the phrase itself is shown to nobody.
package enum PassphraseStanding: Hashable, Sendable {
    case notAgreed
    case agreed(at: Timestamp)
}

/// What came of taking a passphrase back.
package enum PassphraseWithdrawal: Hashable, Sendable {
    case withdrawn
    /// None was agreed; nothing was changed.
    case noneAgreed
}

extension Portal {
    /// The fewest characters of a passphrase.
    package static let minimumPassphraseLength = 8

    /// Whether restricted messages can reach the person, and since when.
    package func passphraseStanding(of contact: ContactID, requester: Requester) async throws -> PassphraseStanding {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.read { tx in
            try RecognitionQueries.standing(of: contact, organization: organization, in: tx)
        }
    }

    /// Keeps the passphrase that staff and a person agreed outside e-mail, for restricted messages; the old one ends.
    package func agreePassphrase(
        _ passphrase: Sensitive<String>,
        with contact: ContactID,
        reason: String,
        requester: Requester
    ) async throws {
        try requester.require(.answerMessages)
        let reason = try Self.checked(reason)
        let organization = requester.organization
        let typed = passphrase.expose(for: .sealing) { Passphrase.normalized($0) }
        guard typed.count >= Self.minimumPassphraseLength else {
            throw PortalError.passphraseTooShort(minimum: Self.minimumPassphraseLength)
        }
        let pepper = try await store.read { [self] tx in
            try sealing.vault.purposeKey(.portalPassphrase, of: organization, in: tx)
        }
        let hash = try await passwords.hash(Sensitive(typed), pepper: pepper)
        try await store.write { [self] tx in
            let before = try RecognitionQueries.standing(of: contact, organization: organization, in: tx)
            let sealed = try sealing.sealPassphrase(hash: hash, of: contact, organization: organization, in: tx)
            let change = before == .notAgreed ? "agreed" : "replaced"
            try keep(sealed, of: contact, change: change, reason: reason, by: requester, in: tx)
        }
    }

    /// Takes a passphrase back: restricted messages to the person wait until another is agreed, and visits that are on
    /// end.
    package func withdrawPassphrase(
        of contact: ContactID,
        reason: String,
        requester: Requester
    ) async throws -> PassphraseWithdrawal {
        try requester.require(.answerMessages)
        let reason = try Self.checked(reason)
        let organization = requester.organization
        return try await store.write { [self] tx in
            let before = try RecognitionQueries.standing(of: contact, organization: organization, in: tx)
            guard before != .notAgreed else { return .noneAgreed }
            try keep(nil, of: contact, change: "withdrawn", reason: reason, by: requester, in: tx)
            return .withdrawn
        }
    }

    private func keep(
        _ sealed: [UInt8]?,
        of contact: ContactID,
        change: String,
        reason: Sensitive<String>,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let organization = requester.organization
        let now = surroundings.now()
        try RecognitionQueries.setPassphrase(sealed, of: contact, at: now, organization: organization, in: tx)
        try VisitQueries.endAll(of: contact, at: now, organization: organization, in: tx)
        try audit.record(
            .portalPassphrase,
            object: nil,
            subject: contact,
            facts: ["change": change],
            reason: reason,
            by: requester,
            in: tx
        )
    }
}
