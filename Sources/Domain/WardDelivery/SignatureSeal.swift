// SPDX-License-Identifier: Apache-2.0
//
// A message's DKIM signatures as they are stored, sealed under the recipient's key since they hash what the person reads:
//
//     1                                                     the format
//     for each signature, in the order of their fields
//         algorithm (1 octet: 1 RSA, 2 Ed25519), selector (1 octet of length, then the octets),
//         t= (8 octets, most significant first), value (2 octets of length, then the octets)
//
// The fields' text follows from these and the message (WardMailCrypto, `DKIMSignature`). A change of that text is a new
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

enum SignatureSeal {
    private static let format: UInt8 = 1

    static func plain(_ signatures: [DKIMSignature]) -> Sensitive<[UInt8]> {
        var bytes = [format]
        for signature in signatures {
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
    static func read(_ plain: Sensitive<[UInt8]>) -> [DKIMSignature]? {
        plain.expose(for: .transmitting) { bytes in
            guard bytes.first == format else { return nil }
            var rest = bytes.dropFirst()
            var signatures: [DKIMSignature] = []
            while !rest.isEmpty {
                guard let signature = next(&rest) else { return nil }
                signatures.append(signature)
            }
            return signatures
        }
    }

    private static func next(_ rest: inout ArraySlice<UInt8>) -> DKIMSignature? {
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        guard let head = take(2).map(Array.init),
            let algorithm = DKIMAlgorithm.allCases.first(where: { number(of: $0) == head[0] }),
            let selector = take(Int(head[1])), let time = take(8), let length = take(2).map(Array.init),
            let value = take(Int(length[0]) << 8 | Int(length[1]))
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
        let signed = messages.filter { !$0.frozen.signatures.isEmpty }
        guard !signed.isEmpty else { return messages.map { _ in nil } }
        let requests = signed.map { message in
            SealRequest(
                SignatureSeal.plain(message.frozen.signatures),
                at: Self.place(.messageSignatures, of: message.id, message.draft.recipient, organization)
            )
        }
        var sealed = try vault.seal(requests, of: organization, in: tx)[...]
        return messages.map { $0.frozen.signatures.isEmpty ? nil : sealed.popFirst() }
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
        frozen.signatures = signatures
        return frozen
    }
}
