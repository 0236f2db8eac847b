// SPDX-License-Identifier: Apache-2.0
//
// `hipaa/rules.md` section 8: RSA of 2,048 bits or more or ECDSA from P-256 on, signed with SHA-256 or better.

import Crypto
import X509
import _CryptoExtras

enum KeyStrength {
    static func problem(_ certificate: Certificate) -> TrustProblem? {
        let algorithms: [Certificate.SignatureAlgorithm] = [
            .ecdsaWithSHA256, .ecdsaWithSHA384, .ecdsaWithSHA512, .sha256WithRSAEncryption, .sha384WithRSAEncryption,
            .sha512WithRSAEncryption, .ed25519,
        ]
        guard algorithms.contains(certificate.signatureAlgorithm) else {
            return .weakSignature(certificate.signatureAlgorithm == .sha1WithRSAEncryption ? "SHA-1" : "unknown")
        }
        let key = certificate.publicKey
        if let rsa = _RSA.Signing.PublicKey(key) {
            return rsa.keySizeInBits < 2_048 ? .weakKey("RSA \(rsa.keySizeInBits)") : nil
        }
        return nil
    }
}
