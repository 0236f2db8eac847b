// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import WardSubmission

/// The server's side of TLS for mail. One value holds one certificate: a connection keeps the value that it began with, and a
/// sign-in on it is bound to that certificate.
package struct MailServerTLS: Sendable {
    private let context: NIOSSLContext
    /// Asks for a certificate, and takes a client without one.
    private let asking: NIOSSLContext
    private let binding: ChannelBinding?

    /// TLS 1.3, and 1.2 with the AEAD suites of RFC 9325 section 4.2.
    ///
    /// - Parameters:
    ///   - chain: the certificate chain in PEM, the server's own certificate first.
    ///   - keyPath: PEM file of its key.
    ///   - serverEndPoint: the hash of the server's own certificate by RFC 5929 section 4.1; nil offers no binding.
    package init(chain: [UInt8], keyPath: String, serverEndPoint: [UInt8]?) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: keyPath, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        ].joined(separator: ":")
        context = try NIOSSLContext(configuration: configuration)
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates([])
        configuration.verifySignatureAlgorithms = Self.clientSignatures
        asking = try NIOSSLContext(configuration: configuration)
        binding = serverEndPoint.map { .serverEndPoint($0) }
    }

    /// Keys of other kinds do not get through the handshake, so that what reads the key afterwards knows its kind.
    private static let clientSignatures: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .ed25519, .rsaPssRsaeSha256,
        .rsaPssRsaeSha384, .rsaPssRsaeSha512, .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
    ]

    /// - Parameter asksForCertificate: the handshake asks for one. Nobody is turned away for the one they present: whose key it
    ///   is, the accounts say, and that the client holds the key, the handshake has proved.
    func makeHandler(asksForCertificate: Bool) -> NIOSSLServerHandler {
        guard asksForCertificate else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(context: asking) { _, promise in promise.succeed(.certificateVerified) }
    }

    /// What a handshake that is done left behind.
    func facts(of pipeline: ChannelPipeline) -> HandshakeFacts {
        HandshakeFacts(binding: binding, certificate: Self.presented(pipeline))
    }

    private static func presented(_ pipeline: ChannelPipeline) -> PresentedCertificate? {
        guard let certificate = try? pipeline.syncOperations.nioSSL_peerCertificate(),
            // The handshake has used this key, so that there is one of a known kind.
            let key = try? certificate.extractPublicKey().toSPKIBytes()
        else { return nil }
        return PresentedCertificate(publicKey: key)
    }
}
