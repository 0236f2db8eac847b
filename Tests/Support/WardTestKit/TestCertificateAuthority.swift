// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Foundation
import SwiftASN1
package import X509

/// A certificate authority that exists for one test, and what it signs, well or badly.
package struct TestCertificateAuthority: Sendable {
    /// What one certificate is to be; the defaults are a good one.
    package struct Wish: Sendable {
        package var names: [String]
        package var commonName: String?
        package var notBefore: Date
        package var notAfter: Date
        package var usages: [ExtendedKeyUsage.Usage] = [.serverAuth]
        package var key: Certificate.PrivateKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        package var isSelfSigned = false

        package init(names: [String], now: Date = Date()) {
            self.names = names
            notBefore = now.addingTimeInterval(-3_600)
            notAfter = now.addingTimeInterval(86_400)
        }
    }

    package struct Signed: Sendable {
        package let certificate: Certificate
        package let key: Certificate.PrivateKey
        package let der: [UInt8]
        package let pem: String
        package let keyPEM: String

        /// The SubjectPublicKeyInfo in DER.
        package var publicKey: [UInt8] { get throws { try key.publicKey.serializeAsPEM().derBytes } }
    }

    package let root: Certificate
    package let key: Certificate.PrivateKey

    package init(named name: String = "Ward test root", now: Date = Date()) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        self.key = key
        root = try Self.authority(subject: subject, key: key, issuer: subject, issuerKey: key, now: now)
    }

    private init(root: Certificate, key: Certificate.PrivateKey) {
        self.root = root
        self.key = key
    }

    /// Someone who signs with a server's key as if it were an authority.
    package init(actingAs server: Signed) {
        root = server.certificate
        key = server.key
    }

    /// An authority below this one.
    package func intermediate(named name: String = "Ward test intermediate", now: Date = Date()) throws -> Self {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Self.authority(
            subject: subject,
            key: key,
            issuer: root.subject,
            issuerKey: self.key,
            now: now
        )
        return Self(root: certificate, key: key)
    }

    /// A certificate for a server.
    package func sign(_ wish: Wish) throws -> Signed {
        let subject = try DistinguishedName { CommonName(wish.commonName ?? wish.names.first ?? "nobody") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: wish.key.publicKey,
            notValidBefore: wish.notBefore,
            notValidAfter: wish.notAfter,
            issuer: wish.isSelfSigned ? subject : root.subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(wish.usages)
                if !wish.names.isEmpty { SubjectAlternativeNames(wish.names.map { .dnsName($0) }) }
            },
            issuerPrivateKey: wish.isSelfSigned ? wish.key : key
        )
        let document = try certificate.serializeAsPEM()
        return Signed(
            certificate: certificate,
            key: wish.key,
            der: document.derBytes,
            pem: document.pemString,
            keyPEM: try wish.key.serializeAsPEM().pemString
        )
    }

    /// A good certificate for these names.
    package func sign(_ names: String...) throws -> Signed { try sign(Wish(names: names)) }

    /// Its own certificate, for a client that is to trust it.
    package var rootPEM: String {
        get throws { try root.serializeAsPEM().pemString }
    }

    private static func authority(
        subject: DistinguishedName,
        key: Certificate.PrivateKey,
        issuer: DistinguishedName,
        issuerKey: Certificate.PrivateKey,
        now: Date
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: now.addingTimeInterval(-86_400),
            notValidAfter: now.addingTimeInterval(30 * 86_400),
            issuer: issuer,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 2))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: issuerKey
        )
    }
}
