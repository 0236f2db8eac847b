// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardMailCrypto
package import WardStorage

/// What the organization's own keys do with mail from one address now.
package struct SenderKeys: Sendable {
    /// Signs mail that is encrypted in S/MIME, and other mail where `signsPlainMail` says so.
    package var smime: SMIMESigner?
    /// The secret key that signs mail encrypted in OpenPGP, with its fingerprint.
    package var openPGP: (secret: Sensitive<[UInt8]>, fingerprint: String)?
    /// Whether mail that is not encrypted to the person is signed in S/MIME.
    package var signsPlainMail = false
    /// The value of an Autocrypt header; nil: none.
    package var autocrypt: String?

    package init() {}
}

/// The organization's own keys: answered by the module that keeps them.
package protocol SenderKeySource: Sendable {
    /// Nothing in the answer for an address without keys.
    func keys(
        of sender: EmailAddress,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SenderKeys
}

/// Where no keys are kept: nothing is signed, nothing is offered.
package struct NoSenderKeys: SenderKeySource {
    package init() {}

    package func keys(
        of sender: EmailAddress,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SenderKeys { SenderKeys() }
}

/// Who signs the messages of one content.
struct MessageSigners: Sendable {
    var dkim: [DKIMSigner]
    var own: SenderKeys
}

/// A signature with a key of the organization over a message that is not encrypted, made once: it says when it was made.
struct FrozenSignature: Hashable, Sendable {
    /// The certificate's fingerprint.
    let signer: String
    /// CMS in DER.
    let value: [UInt8]
}

extension Delivery {
    func signers(
        for sender: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageSigners {
        MessageSigners(
            dkim: try signerSource.signers(for: sender.domain, of: organization, in: tx),
            own: try senderKeySource.keys(
                of: sender,
                at: surroundings.now(),
                organization: organization,
                in: tx
            )
        )
    }

    /// Adds to a message what the organization's keys add, where it is not encrypted; with a signature the same bytes each
    /// time.
    static func carried(_ message: [UInt8], _ frozen: FrozenMessage) throws -> [UInt8] {
        guard let signature = frozen.ownSignature else { return message }
        return try SMIME.withSignature(message, signature.value, boundary: "=_\(frozen.boundary)_s")
    }

    /// The signature over a message that is not encrypted, where the organization wants one.
    static func ownSignature(over message: [UInt8], by own: SenderKeys) throws -> FrozenSignature? {
        guard own.signsPlainMail, let signer = own.smime else { return nil }
        return FrozenSignature(
            signer: signer.certificate.facts.fingerprint,
            value: try SMIME.signature(of: message, by: signer)
        )
    }
}
