// SPDX-License-Identifier: Apache-2.0

import Crypto
import WardAudit
package import WardKernel
import WardMailCrypto
import WardStorage

/// A public key as it is given to others.
package struct PublicMailKey: Sendable, Hashable {
    package let fileName: String
    /// PEM with the certificates that lead to the authority, or OpenPGP's armor.
    package let text: String
}

/// Where a domain's administrator puts an OpenPGP key so that others find it: the Web Key Directory
/// (draft-koch-openpgp-webkey-service section 3.1).
package struct KeyPublication: Sendable, Hashable {
    /// z-base-32 of SHA-1 of the local part: the file's name.
    package let fileName: String
    /// The address of the file, advanced and direct; one is enough.
    package let addresses: [String]
    /// The public key in binary form: the file's content.
    package let content: [UInt8]
    /// The Autocrypt header's value.
    package let autocrypt: String
}

extension MailKeys {
    /// The organization's keys, oldest first.
    package func keys(by requester: Requester) async throws -> [OwnMailKey] {
        try require(requester)
        return try await store.read { try OwnKeyQueries.all(of: requester.organization, in: $0) }
    }

    /// The public half of a key, as others are given it.
    package func publicKey(of id: OwnMailKeyID, by requester: Requester) async throws -> PublicMailKey {
        let key = try await key(id, by: requester)
        let name = "\(key.address)-\(key.fingerprint.prefix(8))"
        switch key.kind {
        case .smime:
            let texts = ([key.publicForm] + key.chain).map { PEMText.text($0, label: "CERTIFICATE") }
            return PublicMailKey(fileName: name + ".pem", text: texts.joined())
        case .openPGP:
            let armored = try OpenPGP.armored(key.publicForm).filter { $0 != 0x0d }
            return PublicMailKey(fileName: name + ".asc", text: String(decoding: armored, as: UTF8.self))
        }
    }

    /// How an OpenPGP key is published; nil for a certificate, which has no such place.
    package func publication(of id: OwnMailKeyID, by requester: Requester) async throws -> KeyPublication? {
        let key = try await key(id, by: requester)
        guard key.kind == .openPGP, let address = EmailAddress(key.address) else { return nil }
        let name = Self.directoryName(of: address.local)
        let path = "/.well-known/openpgpkey/"
        return KeyPublication(
            fileName: name,
            addresses: [
                "https://openpgpkey.\(address.domain)\(path)\(address.domain)/hu/\(name)",
                "https://\(address.domain)\(path)hu/\(name)",
            ],
            content: key.publicForm,
            autocrypt: OpenPGP.autocrypt(key.publicForm, of: key.address)
        )
    }

    /// What the keys are used for beyond encrypted mail.
    package func settings(by requester: Requester) async throws -> MailKeySettings {
        try require(requester)
        return try await store.read { try OwnKeyQueries.settings(of: requester.organization, in: $0) }
    }

    package func change(_ settings: MailKeySettings, why reason: String, by requester: Requester) async throws {
        try require(requester)
        let why = try Self.checked(reason)
        try await store.write { [self] tx in
            let organization = requester.organization
            guard try OwnKeyQueries.settings(of: organization, in: tx) != settings else { return }
            try OwnKeyQueries.put(settings, of: organization, in: tx)
            try audit.record(
                AuditEntry(
                    .mailKeySettings,
                    object: AuditObject(kind: "organization", organization),
                    reason: why,
                    facts: [
                        "signs_plain_mail": "\(settings.signsPlainMail)", "offers_key": "\(settings.offersKey)",
                    ]
                ),
                by: requester,
                in: tx
            )
        }
    }

    private func key(_ id: OwnMailKeyID, by requester: Requester) async throws -> OwnMailKey {
        try require(requester)
        return try await store.read { [self] tx in try key(id, of: requester.organization, in: tx) }
    }

    /// z-base-32 (RFC 6189 section 5.1.6) of SHA-1 of the local part in lower case: 32 characters.
    static func directoryName(of local: String) -> String {
        let alphabet = Array("ybndrfg8ejkmcpqxot1uwisza345h769")
        var (text, buffer, bits) = ("", UInt32(0), 0)
        for octet in Insecure.SHA1.hash(data: Array(local.lowercased().utf8)) {
            buffer = (buffer << 8 | UInt32(octet)) & 0xffff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        return text
    }
}
