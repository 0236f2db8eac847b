// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Foundation
import NIOSSL
import SwiftASN1
package import X509

/// The certificate authority of the mail world. Its root is trusted by the demonstration's own SMTP client and by nothing
/// else: it is handed over as a constructor argument that `ward serve` cannot set.
package struct DemoCertificateAuthority: Sendable {
    package let root: Certificate
    private let key: Certificate.PrivateKey
    private let notBefore: Date

    /// - Parameter now: certificates are valid from an hour before to 30 days after.
    package init(now: Date) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        self.key = key
        let notBefore = now.addingTimeInterval(-3_600)
        self.notBefore = notBefore
        let name = try DistinguishedName { CommonName("Ward demonstration root") }
        root = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: notBefore,
            notValidAfter: notBefore.addingTimeInterval(30 * 86_400),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key
        )
    }

    /// What a receiving server of this name presents.
    func serverContext(for name: String) throws -> NIOSSLContext {
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(leafKey.publicKey),
            notValidBefore: notBefore,
            notValidAfter: notBefore.addingTimeInterval(30 * 86_400),
            issuer: root.subject,
            subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([.dnsName(name)])
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
            },
            issuerPrivateKey: key
        )
        let chain = try [leaf, root].map { certificate in
            NIOSSLCertificateSource.certificate(
                try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().derBytes), format: .der)
            )
        }
        let privateKey = try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }
}
