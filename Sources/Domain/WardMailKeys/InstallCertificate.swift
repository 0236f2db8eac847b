// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCrypto
package import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardVault

extension MailKeys {
    /// Octets of a file with certificates or a key.
    package static let largestFile = 256 << 10

    /// Installs the certificate that an authority issued for the key, with those that lead to the authority where they are in
    /// the file. A waiting key becomes active by it.
    package func install(
        _ given: [UInt8],
        for id: OwnMailKeyID,
        why reason: String,
        by requester: Requester
    ) async throws -> OwnKeyUpload {
        try require(requester)
        let why = try Self.checked(reason)
        guard given.count <= Self.largestFile else { return .refused(.tooLarge) }
        let (key, secret) = try await secret(of: id, in: requester.organization)
        guard key.kind == .smime else { throw MailKeyError.notForCertificates }
        let found: [[UInt8]]
        switch await reader.certificates(given) {
        case .read(let certificates): found = certificates
        case .refused: return .refused(.unreadable)
        case .quarantined(let reason): return .refused(.quarantined(reason: reason.sentence))
        }
        let issued: IssuedCertificate
        switch try Self.issued(among: found, secret: secret, address: key.address, at: seconds) {
        case .success(let certificate): issued = certificate
        case .failure(let problem): return .refused(problem.refusal)
        }
        return .installed(
            try await store.write { [self] tx in try install(issued, for: id, why: why, by: requester, in: tx) }
        )
    }

    /// Takes a certificate with its key from a PKCS #12 file. It signs at once where that is asked for.
    package func importPKCS12(
        _ file: [UInt8],
        passphrase: Sensitive<String>,
        for address: EmailAddress,
        signsNow: Bool,
        why reason: String,
        by requester: Requester
    ) async throws -> OwnKeyUpload {
        try require(requester)
        let why = try Self.checked(reason)
        guard file.count <= Self.largestFile else { return .refused(.tooLarge) }
        let exchanged: ExchangedKey
        switch await reader.exchange(file, passphrase: passphrase) {
        case .read(let read): exchanged = read
        case .refused(.doesNotOpen): return .refused(.wrongPassphrase)
        case .refused: return .refused(.unreadable)
        case .quarantined(let reason): return .refused(.quarantined(reason: reason.sentence))
        }
        let name = address.normalized
        let issued: IssuedCertificate
        switch try Self.issued(among: exchanged.certificates, secret: exchanged.key, address: name, at: seconds) {
        case .success(let certificate): issued = certificate
        case .failure(let problem): return .refused(problem.refusal)
        }
        let made = MadeKey(
            kind: .smime,
            algorithm: issued.key.facts.algorithm + "-\(issued.key.facts.bits)",
            secret: exchanged.key,
            facts: issued.key,
            isSelfSigned: issued.isSelfSigned,
            chain: issued.chain
        )
        return .installed(
            try await store.write { [self] tx in
                try requireOwn(address, of: requester.organization, in: tx)
                return try keep(made, for: name, signsNow: signsNow, why: why, by: requester, in: tx)
            }
        )
    }

    private func install(
        _ issued: IssuedCertificate,
        for id: OwnMailKeyID,
        why: Sensitive<String>,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> OwnMailKey {
        let organization = requester.organization
        guard var key = try OwnKeyQueries.all(of: organization, in: tx).first(where: { $0.id == id }) else {
            throw MailKeyError.keyUnknown
        }
        guard key.state != .destroyed else { throw MailKeyError.keyDestroyed }
        key.fingerprint = issued.key.facts.fingerprint
        key.validFrom = Timestamp(seconds: issued.key.facts.validFrom)
        key.validUntil = issued.key.facts.validUntil.map { Timestamp(seconds: $0) }
        key.isSelfSigned = issued.isSelfSigned
        key.publicForm = issued.key.bytes
        key.chain = issued.chain
        try OwnKeyQueries.update(key, of: organization, in: tx)
        try record(.mailKeyInstall, key, why: why, by: requester, in: tx)
        signers.forget(id)
        return key.state == .waiting ? try activate(key, why: why, by: requester, in: tx) : key
    }

    /// A certificate that fits a key, and those that lead from it to an authority.
    private struct IssuedCertificate: Sendable {
        var key: RecipientKey
        var isSelfSigned: Bool
        var chain: [[UInt8]]
    }

    private struct Misfit: Error {
        let refusal: OwnKeyRefusal
    }

    /// The certificate with the key's public half, checked: it names the address, its time is now, it may sign and encrypt
    /// mail. Certificates that do not lead from it to its authority are left out.
    private static func issued(
        among found: [[UInt8]],
        secret: Sensitive<[UInt8]>,
        address: String,
        at time: Int64
    ) throws -> Result<IssuedCertificate, Misfit> {
        let certificates = try found.map { try MailCertificate($0) }
        let key = try secret.expose(for: .evaluating) { try MailPrivateKey($0) }
        guard let own = certificates.first(where: { key.isHalf(of: $0) }) else {
            return .failure(Misfit(refusal: .otherKey))
        }
        guard own.facts.addresses.contains(address) else { return .failure(Misfit(refusal: .otherAddress)) }
        guard (own.facts.notBefore...max(own.facts.notBefore, own.facts.notAfter)).contains(time) else {
            return .failure(Misfit(refusal: .notInTime))
        }
        let read = try RecipientKey.read(try own.der(), at: time)
        if let problem = read.facts.problem { return .failure(Misfit(refusal: .unsuitable(problem))) }
        var (chain, last) = ([[UInt8]](), own)
        while !last.isIssued(by: last), chain.count < certificates.count,
            let issuer = certificates.first(where: { $0.facts != last.facts && last.isIssued(by: $0) })
        {
            chain.append(try issuer.der())
            last = issuer
        }
        return .success(IssuedCertificate(key: read, isSelfSigned: own.isIssued(by: own), chain: chain))
    }
}
