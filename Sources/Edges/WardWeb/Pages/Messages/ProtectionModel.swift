// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardPortal
import WardRender

/// What a conversation says about how a message was protected on its way.
struct ProtectionModel: Sendable {
    /// About the encryption; nil where there was none.
    let lock: StatusModel?
    /// About the signature; nil where there was none.
    let seal: StatusModel?
    /// What follows, and who signed; empty where nothing is to be added.
    let detail: String

    /// Of a mail of the person; nil for one that was neither encrypted nor signed.
    init?(_ protection: ReplyProtection, _ words: Words) {
        guard protection != ReplyProtection() else { return nil }
        let (lock, closed) = Self.lock(protection.encryption)
        self.lock = lock.map { StatusModel(words($0.text), $0.tone) }
        let seal = Self.seal(protection.signature)
        self.seal = seal.map { StatusModel(words($0.text), $0.tone) }
        let signer =
            protection.signer.isEmpty
            ? "" : words("Signed by the key {fingerprint}.", ["fingerprint": Self.short(protection.signer)])
        detail = [closed.map { words($0) } ?? "", signer].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Of a message to the person; nil where the way alone protected it.
    init?(_ sent: SentProtection, _ words: Words) {
        let isEncrypted = sent.method == .smime || sent.method == .openPGP
        guard isEncrypted || sent.isSigned else { return nil }
        lock = isEncrypted ? StatusModel(words("Encrypted to their own key"), .good) : nil
        seal = sent.isSigned ? StatusModel(words("Signed by the organization"), .good) : nil
        detail = ""
    }

    /// The end of a fingerprint, as people compare it: the whole stands with the person's keys.
    private static func short(_ fingerprint: String) -> String {
        let digits = Array(fingerprint.uppercased().suffix(16))
        return stride(from: 0, to: digits.count, by: 4)
            .map { String(digits[$0..<min($0 + 4, digits.count)]) }.joined(separator: " ")
    }

    private typealias Said = (text: String, tone: StatusModel.Tone)

    private static func lock(_ encryption: ReplyProtection.Encryption) -> (Said?, String?) {
        switch encryption {
        case .none: (nil, nil)
        case .opened: (("Encrypted", .good), nil)
        case .noKey:
            (
                ("Encrypted, not opened", .warn),
                "None of the organization’s keys opens it. Ask the person to encrypt to the current one."
            )
        case .notAuthenticated:
            (
                ("Encrypted, not opened", .warn),
                "It is encrypted in an old way in which a stranger could have changed it. Ask the person to use AES-GCM, or the portal."
            )
        case .unreadable: (("Encrypted, not opened", .warn), "It is damaged. Ask the person to send it again.")
        case .quarantined:
            (
                ("Encrypted, not opened", .bad),
                "The program that opens mail broke down over it. It may have been made to do harm."
            )
        }
    }

    private static func seal(_ signature: ReplyProtection.Signature) -> Said? {
        switch signature {
        case .none: nil
        case .known: ("Signed with the person’s key", .good)
        case .unknown: ("Signed, signer not known", .plain)
        case .notChecked: ("Signed, not checked", .plain)
        case .bad: ("The signature is wrong", .bad)
        }
    }
}
