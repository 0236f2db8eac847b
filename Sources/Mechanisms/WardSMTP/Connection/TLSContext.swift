// SPDX-License-Identifier: Apache-2.0
//
// `hipaa/rules.md` section 8 (NIST SP 800-52 Rev. 2): TLS 1.2 with ephemeral keys and authenticated encryption, or TLS 1.3,
// whose suites are all of that kind. BoringSSL, inside NIOSSL, has no renegotiation and no compression, and 0-RTT is off.

import NIOSSL

enum TLSContext {
    /// The certificate is judged by `CertificateVerifier`, which the handler asks in the middle of the handshake; the
    /// library's own trust store stays empty.
    static func make() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = .tlsv13
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.renegotiationSupport = .none
        return try NIOSSLContext(configuration: configuration)
    }
}
