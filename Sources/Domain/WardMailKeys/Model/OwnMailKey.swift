// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardMailCrypto

package enum OwnMailKeyTag {}
/// One key of the organization for one of its addresses.
package typealias OwnMailKeyID = Identifier<OwnMailKeyTag>

/// What is made.
package enum OwnKeyAlgorithm: Sendable, Hashable, CaseIterable {
    case smimeRSA
    case smimeP256
    case openPGP

    /// A fixed word for forms and commands.
    package var word: String {
        switch self {
        case .smimeRSA: "smime-rsa"
        case .smimeP256: "smime-p256"
        case .openPGP: "openpgp"
        }
    }

    package init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }
}

/// Where a key stands.
package enum OwnKeyState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It opens mail and does not sign yet.
    case waiting
    /// It signs and opens.
    case active
    /// It opens what comes still.
    case former
    case destroyed
}

/// A key as administrators see it: the public half alone.
package struct OwnMailKey: Sendable, Hashable {
    /// How long before its end a key is warned about.
    package static let warningTime: Duration = .hours(30 * 24)

    package let id: OwnMailKeyID
    /// In lower case.
    package let address: String
    package let kind: RecipientKeyKind
    /// Such as `RSA-3072`.
    package let algorithm: String
    package internal(set) var state: OwnKeyState
    /// Lower-case hexadecimal, as in `RecipientKeyFacts`.
    package internal(set) var fingerprint: String
    package internal(set) var validFrom: Timestamp
    /// Included; nil: without an end.
    package internal(set) var validUntil: Timestamp?
    /// Whether no authority stands behind its certificate.
    package internal(set) var isSelfSigned: Bool
    /// A certificate in DER, or a public key in OpenPGP's binary form.
    package internal(set) var publicForm: [UInt8]
    /// Certificates in DER, each followed by its issuer's.
    package internal(set) var chain: [[UInt8]]
    package let madeAt: Timestamp
    package internal(set) var activatedAt: Timestamp?
    package internal(set) var retiredAt: Timestamp?

    /// `smime` or `openpgp`, for machines.
    package var kindWord: String { kind.rawValue }
    /// Whether it is for S/MIME.
    package var isCertificate: Bool { kind == .smime }

    /// Whether people can rely on it at that moment.
    package func isInTime(at now: Timestamp) -> Bool {
        now >= validFrom && validUntil.map { now <= $0 } ?? true
    }

    /// Whether it ends within `warningTime`, or has ended.
    package func endsSoon(at now: Timestamp) -> Bool {
        validUntil.map { now + Self.warningTime > $0 } ?? false
    }

    /// The fingerprint in groups of four digits, as people read it to each other.
    package var spacedFingerprint: String {
        let digits = Array(fingerprint.uppercased())
        return stride(from: 0, to: digits.count, by: 4)
            .map { String(digits[$0..<min($0 + 4, digits.count)]) }.joined(separator: " ")
    }
}

/// Why a certificate or file was not taken.
package enum OwnKeyRefusal: Sendable, Hashable {
    case unreadable
    case wrongPassphrase
    case tooLarge
    /// No certificate in it has the key's public half.
    case otherKey
    case otherAddress
    case notInTime
    case unsuitable(RecipientKeyProblem)
    /// The confined program that reads such files broke down over it.
    case quarantined(reason: String)

    /// The reason in words, with what to do.
    package var sentence: String {
        switch self {
        case .unreadable: "The file cannot be read. Give certificates in PEM or DER, or a PKCS #12 file with AES."
        case .wrongPassphrase: "The passphrase does not open the file."
        case .tooLarge: "The file is larger than 256 KiB."
        case .otherKey: "No certificate in the file belongs to this key. Was it issued for another request?"
        case .otherAddress: "The certificate does not name this address."
        case .notInTime: "The certificate is not valid now: its time has not begun, or is over."
        case .unsuitable(let problem): problem.sentence
        case .quarantined(let reason): reason
        }
    }
}

/// What became of a certificate or file that somebody gave.
package enum OwnKeyUpload: Sendable, Hashable {
    case installed(OwnMailKey)
    case refused(OwnKeyRefusal)
}

/// What the keys are used for beyond encrypted mail.
package struct MailKeySettings: Sendable, Hashable {
    /// Whether mail that is not encrypted to the person is signed in S/MIME.
    package var signsPlainMail: Bool
    /// Whether outgoing mail offers the OpenPGP key (Autocrypt).
    package var offersKey: Bool

    package init(signsPlainMail: Bool = false, offersKey: Bool = false) {
        self.signsPlainMail = signsPlainMail
        self.offersKey = offersKey
    }
}

/// Who signs mail from an address now.
package struct OwnSigners: Sendable {
    package var smime: SMIMESigner?
    package var openPGP: OwnOpenPGPSigner?
    package var settings = MailKeySettings()

    package init() {}
}

/// An OpenPGP key that signs.
package struct OwnOpenPGPSigner: Sendable {
    package let secret: Sensitive<[UInt8]>
    package let publicKey: [UInt8]
    /// Lower-case hexadecimal.
    package let fingerprint: String
}
