// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCrypto
package import WardKernel

extension ConfinedTask {
    /// Certificates that are read at most.
    private static let mostCertificates = 10

    /// Reads what an authority or an administrator gave for a key of our own. Called in the child.
    func performReadingOwn() throws(MailProtectionError) -> ConfinedAnswer {
        do throws(CryptoError) {
            switch self {
            case .readExchange(let file, let passphrase):
                let found = try PersonalExchange(Array(file), passphrase: passphrase)
                return .certificates(([found.certificate] + found.chain).map { Data($0) }, key: Data(found.key))
            case .readCertificates(let given):
                var found = OfferedKeys.authorities(Array(given))
                if found.isEmpty { found = [try MailCertificate(Array(given))] }
                guard found.count <= Self.mostCertificates else { throw CryptoError(.malformed) }
                return .certificates(try Self.written(found), key: nil)
            default: throw CryptoError(.malformed)
            }
        } catch { throw MailProtectionError(error.code == .doesNotOpen ? .doesNotOpen : .malformed) }
    }

    private static func written(_ certificates: [MailCertificate]) throws(CryptoError) -> [Data] {
        var written: [Data] = []
        for certificate in certificates { written.append(Data(try certificate.der())) }
        return written
    }
}

extension ForeignMailReader {
    /// Certificates in PEM or DER, as the child wrote them anew: at least one.
    package func certificates(_ given: [UInt8]) async -> Outcome<[[UInt8]]> {
        switch await message(.readCertificates(Data(given))) {
        case .read(.certificates(let found, key: nil)) where !found.isEmpty: .read(found.map { Array($0) })
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }

    /// A certificate of ours with its key from a PKCS #12 file; `doesNotOpen` for another passphrase.
    package func exchange(
        _ file: [UInt8],
        passphrase: Sensitive<String>
    ) async -> Outcome<ExchangedKey> {
        let task = passphrase.expose(for: .evaluating) { ConfinedTask.readExchange(Data(file), passphrase: $0) }
        return switch await message(task) {
        case .read(.certificates(let found, key: .some(let key))) where !found.isEmpty:
            .read(ExchangedKey(key: Sensitive(Array(key)), certificates: found.map { Array($0) }))
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }

    /// Takes an encrypted or signed mail apart.
    package func opened(
        _ mail: [UInt8],
        key: [UInt8]? = nil,
        secret: [UInt8]? = nil,
        known: [[UInt8]],
        at time: Int64
    ) async -> Outcome<OpenedMail> {
        let task = ConfinedTask.openMail(
            Data(mail),
            key: key.map { Data($0) },
            secret: secret.map { Data($0) },
            known: known.map { Data($0) },
            time: time
        )
        return switch await message(task) {
        case .read(.mail(let opened)): .read(opened)
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }
}

/// A key of our own that was made elsewhere.
package struct ExchangedKey: Sendable, Hashable {
    /// PKCS #8 in DER.
    package let key: Sensitive<[UInt8]>
    /// In DER, the key's own first.
    package let certificates: [[UInt8]]
}
