// SPDX-License-Identifier: Apache-2.0
//
// Mail that came in encrypted to one of our keys, or signed. Each try is a confined child of its own with one secret key; the
// newest key is tried first, since people use the one that they saw last. A child that breaks down ends the tries: the item
// is to blame, and it stays closed.

import WardCrypto
package import WardKernel
package import WardMailCrypto
import WardSandbox
import WardStorage
import WardVault

/// What came of a mail.
package enum MailOpening: Sendable {
    /// Neither encrypted nor signed as a whole.
    case plain
    case opened(Sensitive<OpenedMail>)
    case closed(MailClosure, wasEncrypted: Bool)
}

/// Why a mail was not opened.
package enum MailClosure: String, Sendable, Hashable, CaseIterable {
    /// None of our keys opens it.
    case noKey = "no_key"
    /// Encrypted in a way in which a stranger could have changed it (EFAIL).
    case notAuthenticated = "not_authenticated"
    case unreadable
    /// The confined program broke down over it, or took too long.
    case quarantined
}

extension MailKeys {
    /// Keys that are tried at most.
    static let mostTries = 8

    /// Takes a mail apart.
    ///
    /// - Parameter known: public OpenPGP keys of the person who may have signed.
    package func open(
        _ octets: Sensitive<[UInt8]>,
        known: [[UInt8]],
        of organization: OrganizationID
    ) async throws -> MailOpening {
        let envelope = try await ProcessorThreads.shared.run {
            octets.expose(for: .evaluating) { MailEnvelope(of: $0) }
        }
        switch envelope {
        case .plain: return .plain
        case .signedSMIME, .signedOpenPGP:
            return Self.opening(await read(octets, nil, nil, known), wasEncrypted: false)
        case .encryptedSMIME, .encryptedOpenPGP:
            let kind: RecipientKeyKind = envelope == .encryptedSMIME ? .smime : .openPGP
            for secret in try await secrets(kind, of: organization) {
                let outcome =
                    await kind == .smime
                    ? read(octets, secret, nil, known) : read(octets, nil, secret, known)
                if outcome == .refused(.doesNotOpen) { continue }
                return Self.opening(outcome, wasEncrypted: true)
            }
            return .closed(.noKey, wasEncrypted: true)
        }
    }

    private func read(
        _ octets: Sensitive<[UInt8]>,
        _ key: Sensitive<[UInt8]>?,
        _ secret: Sensitive<[UInt8]>?,
        _ known: [[UInt8]]
    ) async -> ForeignMailReader.Outcome<OpenedMail> {
        await reader.opened(
            octets.expose(for: .evaluating) { $0 },
            key: key?.expose(for: .evaluating) { $0 },
            secret: secret?.expose(for: .evaluating) { $0 },
            known: known,
            at: seconds
        )
    }

    private func secrets(
        _ kind: RecipientKeyKind,
        of organization: OrganizationID
    ) async throws -> [Sensitive<[UInt8]>] {
        try await store.read { [vault] tx in
            try OwnKeyQueries.opening(kind, limit: Self.mostTries, of: organization, in: tx).map { id, sealed in
                try vault.open(sealed, at: Self.place(of: id, organization), in: tx)
            }
        }
    }

    private static func opening(
        _ outcome: ForeignMailReader.Outcome<OpenedMail>,
        wasEncrypted: Bool
    ) -> MailOpening {
        switch outcome {
        case .read(let mail): .opened(Sensitive(mail))
        case .quarantined: .closed(.quarantined, wasEncrypted: wasEncrypted)
        case .refused(.doesNotOpen): .closed(.noKey, wasEncrypted: wasEncrypted)
        case .refused(.notAuthenticated): .closed(.notAuthenticated, wasEncrypted: wasEncrypted)
        case .refused: .closed(.unreadable, wasEncrypted: wasEncrypted)
        }
    }
}
