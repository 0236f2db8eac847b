// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCrypto
import WardIdentity
package import WardKernel
import WardMailCrypto
import WardStorage
import WardVault

extension MailKeys {
    /// Seconds from the making of a key to its end: two years.
    static let lifetime: Int64 = 730 * 86_400
    /// Seconds by which a certificate's time begins earlier: other machines' clocks go slow.
    private static let earlier: Int64 = 300

    /// Makes a key for an address. One for S/MIME waits for its authority unless its own signature is to do at once; an
    /// OpenPGP key signs from now on.
    package func make(
        _ algorithm: OwnKeyAlgorithm,
        for address: EmailAddress,
        signsNow: Bool = false,
        why reason: String,
        by requester: Requester
    ) async throws -> OwnMailKey {
        try require(requester)
        let why = try Self.checked(reason)
        let name = address.normalized
        let now = surroundings.now()
        let serial = [0x01] + surroundings.randomBytes(15)
        let made = try await ProcessorThreads.shared.run {
            try algorithm == .openPGP
                ? Self.openPGP(name, at: now) : Self.smime(algorithm, name, serial: serial, at: now)
        }
        return try await store.write { [self] tx in
            try requireOwn(address, of: requester.organization, in: tx)
            return try keep(
                made,
                for: name,
                signsNow: signsNow || algorithm == .openPGP,
                why: why,
                by: requester,
                in: tx
            )
        }
    }

    /// The request to a certification authority for the key's public half, in PEM.
    package func request(for id: OwnMailKeyID, by requester: Requester) async throws -> String {
        try require(requester)
        let (key, secret) = try await secret(of: id, in: requester.organization)
        guard key.kind == .smime else { throw MailKeyError.notForCertificates }
        let der = try await ProcessorThreads.shared.run {
            try secret.expose(for: .evaluating) { try MailPrivateKey($0) }.certificateRequest(for: key.address)
        }
        return PEMText.text(der, label: "CERTIFICATE REQUEST")
    }

    /// A key before it has a row.
    struct MadeKey: Sendable {
        var kind: RecipientKeyKind
        var algorithm: String
        var secret: Sensitive<[UInt8]>
        var facts: RecipientKey
        var isSelfSigned: Bool
        var chain: [[UInt8]] = []
    }

    /// Stores a key and, where it is to sign at once, puts it in the place of the one before.
    func keep(
        _ made: MadeKey,
        for address: String,
        signsNow: Bool,
        why: Sensitive<String>,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> OwnMailKey {
        let organization = requester.organization
        let now = surroundings.now()
        let key = OwnMailKey(
            id: surroundings.makeIdentifier(),
            address: address,
            kind: made.kind,
            algorithm: made.algorithm,
            state: .waiting,
            fingerprint: made.facts.facts.fingerprint,
            validFrom: Timestamp(seconds: made.facts.facts.validFrom),
            validUntil: made.facts.facts.validUntil.map { Timestamp(seconds: $0) },
            isSelfSigned: made.isSelfSigned,
            publicForm: made.facts.bytes,
            chain: made.chain,
            madeAt: now
        )
        let sealed = try vault.seal(made.secret, at: Self.place(of: key.id, organization), in: tx)
        try OwnKeyQueries.insert(key, sealed: sealed, of: organization, in: tx)
        try record(.mailKeyMake, key, why: why, by: requester, in: tx)
        return signsNow ? try activate(key, why: why, by: requester, in: tx) : key
    }

    func requireOwn(_ address: EmailAddress, of organization: OrganizationID, in tx: any ReadTransaction) throws {
        guard try identity.organization(organization, in: tx).senderDomain.lowercased() == address.domain else {
            throw MailKeyError.addressNotOwn
        }
    }

    /// A key with its secret half; throws `keyDestroyed`.
    func secret(
        of id: OwnMailKeyID,
        in organization: OrganizationID
    ) async throws -> (key: OwnMailKey, secret: Sensitive<[UInt8]>) {
        try await store.read { [vault] tx in
            guard let key = try OwnKeyQueries.all(of: organization, in: tx).first(where: { $0.id == id }) else {
                throw MailKeyError.keyUnknown
            }
            guard let sealed = try OwnKeyQueries.sealed(id, of: organization, in: tx) else {
                throw MailKeyError.keyDestroyed
            }
            return (key, try vault.open(sealed, at: Self.place(of: id, organization), in: tx))
        }
    }

    private static func smime(
        _ algorithm: OwnKeyAlgorithm,
        _ address: String,
        serial: [UInt8],
        at now: Timestamp
    ) throws -> MadeKey {
        let key = try MailPrivateKey.make(algorithm == .smimeP256 ? .p256 : .rsa3072)
        let start = now.microseconds / 1_000_000 - earlier
        let certificate = try key.selfSignedCertificate(
            for: address,
            serial: serial,
            period: start...(start + lifetime)
        )
        return MadeKey(
            kind: .smime,
            algorithm: algorithm == .smimeP256 ? "P-256" : "RSA-3072",
            secret: try key.pkcs8(),
            facts: try RecipientKey.read(try certificate.der(), at: start),
            isSelfSigned: true
        )
    }

    private static func openPGP(_ address: String, at now: Timestamp) throws -> MadeKey {
        let seconds = now.microseconds / 1_000_000
        let pair = try OpenPGP.makeKey(for: "<\(address)>", at: seconds, lifetime: UInt32(lifetime))
        return MadeKey(
            kind: .openPGP,
            algorithm: "Ed25519/Curve25519",
            secret: pair.secret,
            facts: try RecipientKey.read(pair.publicKey, at: seconds),
            isSelfSigned: true
        )
    }
}
