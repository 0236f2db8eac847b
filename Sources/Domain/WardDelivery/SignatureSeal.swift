// SPDX-License-Identifier: Apache-2.0
//
// A message's signatures as they are stored, sealed under the recipient's key since they hash what the person reads:
//
//     1, or 2 where the organization's own keys add something     the format
//     in format 2
//         the signer's fingerprint (1 octet of length, then the octets; empty: not signed in S/MIME),
//         its signature, CMS (4 octets of length, most significant first, then the octets),
//         the value of the Autocrypt header (4 octets of length, then the octets; empty: none)
//     for each signature, in the order of their fields
//         algorithm (1 octet: 1 RSA, 2 Ed25519), selector (1 octet of length, then the octets),
//         t= (8 octets, most significant first), value (2 octets of length, then the octets)
//
// The fields' text follows from these and the message (WardMailCrypto, `DKIMSignature`), and so does the form of a signed message
// (WardMailCrypto, `SMIME.withSignature`). A change of that text is a new
// format number here, and the old text stays for the old number.

package import WardKernel
package import WardMailCrypto
package import WardStorage
import WardVault

/// Says who signs the mail of a domain: answered by the module that keeps the keys.
package protocol SignerSource: Sendable {
    /// The signers in the order of their fields; empty while the domain has no active key.
    func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner]
}

/// What is frozen with a message as to who signed it.
struct MessageSignatures: Hashable, Sendable {
    var dkim: [DKIMSignature] = []
    var own: FrozenSignature?
    var autocrypt: String?

    /// Whether there is nothing to store.
    var isEmpty: Bool { self == MessageSignatures() }
}

extension FrozenMessage {
    fileprivate var allSignatures: MessageSignatures {
        MessageSignatures(dkim: signatures, own: ownSignature, autocrypt: autocrypt)
    }
}

enum SignatureSeal {
    private static let format: UInt8 = 1
    private static let formatWithOwn: UInt8 = 2

    static func plain(_ signatures: MessageSignatures) -> Sensitive<[UInt8]> {
        var bytes = [format]
        if signatures.own != nil || signatures.autocrypt != nil {
            let signer = Array((signatures.own?.signer ?? "").utf8)
            bytes = [formatWithOwn, UInt8(clamping: signer.count)] + signer
            bytes += counted(signatures.own?.value ?? []) + counted(Array((signatures.autocrypt ?? "").utf8))
        }
        for signature in signatures.dkim {
            bytes.append(number(of: signature.algorithm))
            bytes.append(UInt8(clamping: signature.selector.utf8.count))
            bytes += Array(signature.selector.utf8)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: signature.signedAt >> (8 * (7 - $0))) }
            bytes.append(UInt8(truncatingIfNeeded: signature.value.count >> 8))
            bytes.append(UInt8(truncatingIfNeeded: signature.value.count))
            bytes += signature.value
        }
        return Sensitive(bytes)
    }

    /// Nil when the bytes are of no format that is known.
    static func read(_ plain: Sensitive<[UInt8]>) -> MessageSignatures? {
        plain.expose(for: .transmitting) { bytes in
            var rest = bytes[...]
            var signatures = MessageSignatures()
            switch rest.popFirst() {
            case format: break
            case formatWithOwn:
                guard let length = rest.popFirst(), let signer = take(Int(length), from: &rest),
                    let value = takeCounted(from: &rest), let autocrypt = takeCounted(from: &rest)
                else { return nil }
                if !signer.isEmpty {
                    signatures.own = FrozenSignature(
                        signer: String(decoding: signer, as: UTF8.self),
                        value: Array(value)
                    )
                }
                if !autocrypt.isEmpty { signatures.autocrypt = String(decoding: autocrypt, as: UTF8.self) }
            default: return nil
            }
            while !rest.isEmpty {
                guard let signature = next(&rest) else { return nil }
                signatures.dkim.append(signature)
            }
            return signatures
        }
    }

    private static func counted(_ bytes: [UInt8]) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * (3 - $0))) } + bytes
    }

    private static func takeCounted(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        take(4, from: &rest).flatMap { length in take(length.reduce(0) { $0 << 8 | Int($1) }, from: &rest) }
    }

    private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func next(_ rest: inout ArraySlice<UInt8>) -> DKIMSignature? {
        guard let head = take(2, from: &rest).map(Array.init),
            let algorithm = DKIMAlgorithm.allCases.first(where: { number(of: $0) == head[0] }),
            let selector = take(Int(head[1]), from: &rest), let time = take(8, from: &rest),
            let length = take(2, from: &rest).map(Array.init),
            let value = take(Int(length[0]) << 8 | Int(length[1]), from: &rest)
        else { return nil }
        return DKIMSignature(
            selector: String(decoding: selector, as: UTF8.self),
            algorithm: algorithm,
            signedAt: time.reduce(0) { $0 << 8 | Int64($1) },
            value: Array(value)
        )
    }

    private static func number(of algorithm: DKIMAlgorithm) -> UInt8 {
        switch algorithm {
        case .rsa: 1
        case .ed25519: 2
        }
    }
}

extension Delivery {
    /// The signatures of messages, each sealed for its message; nil where there are none.
    func sealedSignatures(
        of messages: [PreparedMessage],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]?] {
        let signed = messages.filter { !$0.frozen.allSignatures.isEmpty }
        guard !signed.isEmpty else { return messages.map { _ in nil } }
        let requests = signed.map { message in
            SealRequest(
                SignatureSeal.plain(message.frozen.allSignatures),
                at: Self.place(.messageSignatures, of: message.id, message.draft.recipient, organization)
            )
        }
        var sealed = try vault.seal(requests, of: organization, in: tx)[...]
        return messages.map { $0.frozen.allSignatures.isEmpty ? nil : sealed.popFirst() }
    }

    /// What was frozen with a message, its signatures opened.
    func frozen(
        of row: StoredDelivery,
        neutralSubject: String?,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> FrozenMessage {
        var frozen = row.frozen
        frozen.neutralSubject = neutralSubject
        guard let sealed = row.signatures else { return frozen }
        let place = Self.place(.messageSignatures, of: row.id, row.recipient, organization)
        guard let signatures = SignatureSeal.read(try vault.open(sealed, at: place, in: tx)) else {
            throw DeliveryError.damaged(row.id)
        }
        frozen.signatures = signatures.dkim
        frozen.ownSignature = signatures.own
        frozen.autocrypt = signatures.autocrypt
        return frozen
    }
}
