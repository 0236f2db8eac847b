// SPDX-License-Identifier: Apache-2.0
//
// `hipaa/rules.md` section 8: RSA of 2,048 bits or more or ECDSA from P-256 on, signed with SHA-256 or better.

import Crypto
import SwiftASN1
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

    /// The cryptographic library refuses to read an RSA key under 2,048 bits, and with it the certificate: this tells such a
    /// certificate apart from one that is broken.
    static func problem(unreadable certificate: [UInt8]) -> TrustProblem {
        guard let bits = modulusBits(certificate), bits < 2_048 else { return .malformed }
        return .weakKey("RSA \(bits)")
    }

    /// The size of the RSA modulus in Certificate → tbsCertificate → subjectPublicKeyInfo (RFC 5280 section 4.1).
    private static func modulusBits(_ certificate: [UInt8]) -> Int? {
        do {
            let body = try children(DER.parse(certificate)).first.map(children) ?? []
            // Version and the optional tail are tagged; the key is the only sequence whose second child is a bit string.
            for node in body {
                let parts = children(node)
                guard parts.count == 2, parts[1].identifier == .bitString, children(parts[0]).count == 2 else {
                    continue
                }
                let octets = try ASN1BitString(derEncoded: parts[1]).bytes
                guard let modulus = children(try DER.parse(octets)).first, modulus.identifier == .integer else {
                    continue
                }
                guard case .primitive(let number) = modulus.content else { continue }
                let significant = number.drop { $0 == 0 }
                guard let first = significant.first else { return nil }
                return significant.count * 8 - first.leadingZeroBitCount
            }
            return nil
        } catch {
            return nil
        }
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node] {
        if case .constructed(let nodes) = node.content { Array(nodes) } else { [] }
    }
}
