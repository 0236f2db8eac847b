// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardMailCrypto
import WardMailKeys
import WardPortal
import WardRecipientKeys
import WardStorage

/// Hands the keys of a sender address to the send path.
struct KeysOfSenders: SenderKeySource {
    let mailKeys: MailKeys

    func keys(
        of sender: EmailAddress,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SenderKeys {
        let signers = try mailKeys.signers(for: sender, at: now, of: organization, in: tx)
        var keys = SenderKeys()
        keys.smime = signers.smime
        keys.openPGP = signers.openPGP.map { ($0.secret, $0.fingerprint) }
        keys.signsPlainMail = signers.settings.signsPlainMail
        if signers.settings.offersKey {
            keys.autocrypt = signers.openPGP.map { OpenPGP.autocrypt($0.publicKey, of: sender.mailbox) }
        }
        return keys
    }
}

/// Opens what people write back, with the organization's keys, and knows their signatures by the keys that are kept of them.
struct RepliesOpener: ReplyOpener {
    let mailKeys: MailKeys
    let recipientKeys: RecipientKeys

    func open(
        _ mail: Sensitive<[UInt8]>,
        from contact: ContactID,
        of organization: OrganizationID
    ) async throws -> OpenedReply {
        let known = try await recipientKeys.signingKeys(of: contact, in: organization)
        let openPGP = known.filter { $0.facts.kind == .openPGP }.map(\.bytes)
        switch try await mailKeys.open(mail, known: openPGP, of: organization) {
        case .plain: return OpenedReply()
        case .closed(let closure, let wasEncrypted):
            // A signature that cannot be looked at leaves a mail that can be read all the same.
            guard wasEncrypted else { return OpenedReply(protection: ReplyProtection(signature: .notChecked)) }
            return OpenedReply(protection: ReplyProtection(encryption: Self.word(closure)))
        case .opened(let opened):
            let fingerprints = Set(known.map(\.facts.fingerprint))
            return OpenedReply(
                inside: opened.map { Array($0.entity) },
                isHeaderProtected: opened.expose(for: .evaluating, \.isHeaderProtected),
                protection: opened.expose(for: .evaluating) { Self.protection($0, known: fingerprints) }
            )
        }
    }

    private static func word(_ closure: MailClosure) -> ReplyProtection.Encryption {
        switch closure {
        case .noKey: .noKey
        case .notAuthenticated: .notAuthenticated
        case .unreadable: .unreadable
        case .quarantined: .quarantined
        }
    }

    private static func protection(_ mail: OpenedMail, known: Set<String>) -> ReplyProtection {
        var protection = ReplyProtection(encryption: mail.isEncrypted ? .opened : .none)
        switch mail.signature {
        case .none: break
        case .bad: protection.signature = .bad
        case .unknownKey: protection.signature = .notChecked
        case .good(let signers):
            let signer = signers.first { known.contains($0.fingerprint) }
            protection.signature = signer == nil ? .unknown : .known
            protection.signer = (signer ?? signers.first)?.fingerprint ?? ""
        }
        return protection
    }
}
