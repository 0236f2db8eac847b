// SPDX-License-Identifier: Apache-2.0
//
// What is done with foreign bytes, and only in the confined child (invariant I12). A request and an answer are JSON; both
// are made and read by this file, on both sides of the socket. An answer is as hostile as the item was: its fields are
// values of closed types and bytes that nobody interprets further than the item itself would have been.

package import Foundation
package import WardCrypto
package import WardSandbox

/// One piece of work for a confined child. Secret keys are those of one item.
package enum ConfinedTask: Sendable, Codable {
    /// Reads a certificate or key that somebody gave.
    case readKey(Data, time: Int64)
    case openSMIME(Data, key: Data, certificate: Data?)
    case verifySMIME(Data)
    case openOpenPGP(Data, secret: Data, known: [Data], time: Int64)
    case verifyOpenPGP(Data, signature: Data, known: [Data], time: Int64)
    /// Reads the keys that a mail offers; the authorities in PEM.
    case readOfferedKeys(Data, authorities: Data, time: Int64)
    /// Reads where to ask about a certificate, and makes the request for a responder where the issuer is known.
    case readRevocationPlaces(certificate: Data, issuer: Data?)
    /// Reads what was fetched as the issuer's certificate.
    case readIssuer(Data, of: Data)
    /// Takes an encrypted or signed mail apart: the key in PKCS #8 for S/MIME, or the secret for OpenPGP.
    case openMail(Data, key: Data?, secret: Data?, known: [Data], time: Int64)
    /// Reads a file with a certificate of ours and its key.
    case readExchange(Data, passphrase: String)
    /// Reads certificates in PEM or one in DER.
    case readCertificates(Data)
    /// Reads the certificate with which a program is to prove itself.
    case readClientCertificate(Data)
    case readResponderAnswer(Data, certificate: Data, issuer: Data, time: Int64)
    case readRevocationList(Data, certificate: Data, issuer: Data, time: Int64)

    /// Does the work. Called in the child.
    package func perform() -> ConfinedAnswer {
        do throws(MailProtectionError) {
            switch self {
            case .readKey(let given, let time): return .key(try RecipientKey.read(Array(given), at: time))
            case .openSMIME(let message, let key, let certificate):
                return .content(Data(try Self.opened(message, key, certificate)), signers: [])
            case .verifySMIME(let message):
                let found = try SMIME.verified(Array(message))
                return .content(Data(found.entity), signers: found.certificates.map { Data($0) })
            case .openOpenPGP(let message, let secret, let known, let time):
                let keys = known.map { Array($0) }
                let opened = try OpenPGP.opened(Array(message), with: Array(secret), known: keys, at: time)
                guard !opened.signatures.contains(.bad) else { throw MailProtectionError(.badSignature) }
                return .content(Data(opened.content), signers: opened.signers.map { Data($0.utf8) })
            case .verifyOpenPGP(let content, let signature, let known, let time):
                let keys = known.map { Array($0) }
                let signers = try OpenPGP.signers(of: Array(signature), over: Array(content), known: keys, at: time)
                return .content(Data(), signers: signers.map { Data($0.utf8) })
            case .readOfferedKeys(let message, let authorities, let time):
                return .offered(try OfferedKeys(in: Array(message), authorities: Array(authorities), at: time))
            case .openMail(let message, let key, let secret, let known, let time):
                return .mail(
                    try OpenedMail(
                        Array(message),
                        key: key.map { Array($0) },
                        secret: secret.map { Array($0) },
                        known: known.map { Array($0) },
                        at: time
                    )
                )
            case .readExchange, .readCertificates: return try performReadingOwn()
            case .readClientCertificate(let given):
                return .clientCertificate(try ClientCertificateFacts(reading: Array(given)))
            case .readRevocationPlaces, .readIssuer, .readResponderAnswer, .readRevocationList:
                do throws(CryptoError) { return try performRevocation() } catch {
                    throw MailProtectionError(.malformed)
                }
            }
        } catch { return .refused(error.code) }
    }

    /// The whole work of a child: a request in, an answer out.
    package static func answer(to request: [UInt8]) -> [UInt8] {
        let answer = (try? JSONDecoder().decode(ConfinedTask.self, from: Data(request)))?.perform()
        return (try? JSONEncoder().encode(answer ?? .refused(.malformed))).map { Array($0) } ?? []
    }

    /// Makes the libraries read now what they cannot read once the child is confined.
    package static func warmUp() {
        _ = try? OpenPGPLibrary()
        _ = try? MailCertificate([])
    }

    private static func opened(
        _ message: Data,
        _ key: Data,
        _ certificate: Data?
    ) throws(MailProtectionError) -> [UInt8] {
        let holder: (MailPrivateKey, MailCertificate?)
        do throws(CryptoError) {
            holder = (
                try MailPrivateKey(Array(key)),
                try certificate.map { data throws(CryptoError) in
                    try MailCertificate(Array(data))
                }
            )
        } catch { throw MailProtectionError(.malformed) }
        return try SMIME.opened(Array(message), with: holder.0, certificate: holder.1)
    }
}

/// What a child answers.
package enum ConfinedAnswer: Sendable, Hashable, Codable {
    case key(RecipientKey)
    /// What was inside or signed, and who signed: certificates in DER for S/MIME, fingerprints for OpenPGP.
    case content(Data, signers: [Data])
    case offered(OfferedKeys)
    case mail(OpenedMail)
    /// Certificates in DER, written anew; the key in PKCS #8 where there was one.
    case certificates([Data], key: Data?)
    case clientCertificate(ClientCertificateFacts)
    /// Where to ask, and what a responder is asked (empty: the issuer is not known).
    case places(RevocationPlaces, request: Data)
    /// A certificate in DER, written anew.
    case certificate(Data)
    case revocation(RevocationWord)
    case refused(MailProtectionError.Code)
}

/// Opens foreign certificates, keys and messages, each in a child of its own.
package struct ForeignMailReader: Sendable {
    /// How an item ended.
    package enum Outcome<Value: Sendable & Hashable>: Sendable, Hashable {
        case read(Value)
        /// It was read, and it is not what it should be.
        case refused(MailProtectionError.Code)
        /// It was not read; it stays closed.
        case quarantined(QuarantineReason)
    }

    private let sandbox: Sandbox

    package init(sandbox: Sandbox) { self.sandbox = sandbox }

    /// What somebody gave as a certificate or key. Time: seconds since 1970.
    package func key(_ given: [UInt8], at time: Int64) async -> Outcome<RecipientKey> {
        switch await run(.readKey(Data(given), time: time)) {
        case .read(.key(let key)): .read(key)
        case .read(.refused(let code)): .refused(code)
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }

    /// The keys that a mail offers as its sender's.
    ///
    /// - Parameter authorities: certificates in PEM whose word is believed.
    package func offeredKeys(
        in message: [UInt8],
        authorities: [UInt8],
        at time: Int64
    ) async -> Outcome<OfferedKeys> {
        switch await run(.readOfferedKeys(Data(message), authorities: Data(authorities), time: time)) {
        case .read(.offered(let keys)): .read(keys)
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }

    /// Opens or verifies a message.
    package func message(_ task: ConfinedTask) async -> Outcome<ConfinedAnswer> { await run(task) }

    private func run(_ task: ConfinedTask) async -> Outcome<ConfinedAnswer> {
        guard let request = try? JSONEncoder().encode(task) else { return .refused(.malformed) }
        switch await sandbox.run(Array(request)) {
        case .quarantined(let reason): return .quarantined(reason)
        case .answered(let bytes):
            guard let answer = try? JSONDecoder().decode(ConfinedAnswer.self, from: Data(bytes)) else {
                return .quarantined(.crashed)
            }
            if case .refused(let code) = answer { return .refused(code) }
            return .read(answer)
        }
    }
}
