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
        return keyProblem(certificate)
    }

    /// The key alone, where the signature proves nothing anyway.
    static func keyProblem(_ certificate: Certificate) -> TrustProblem? {
        if let rsa = _RSA.Signing.PublicKey(certificate.publicKey) {
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

    /// The SubjectPublicKeyInfo of a certificate, as its octets stand there (RFC 5280 section 4.1); nil when it has none.
    static func publicKeyInfo(_ certificate: [UInt8]) -> [UInt8]? {
        do {
            return keyNode(try DER.parse(certificate)).map { Array($0.encodedBytes) }
        } catch {
            return nil
        }
    }

    /// Version and the optional tail are tagged; the key is the only sequence whose second child is a bit string.
    private static func keyNode(_ certificate: ASN1Node) -> ASN1Node? {
        (children(certificate).first.map(children) ?? []).first { node in
            let parts = children(node)
            return parts.count == 2 && parts[1].identifier == .bitString && !children(parts[0]).isEmpty
        }
    }

    /// The size of the RSA modulus in Certificate → tbsCertificate → subjectPublicKeyInfo (RFC 5280 section 4.1).
    private static func modulusBits(_ certificate: [UInt8]) -> Int? {
        do {
            guard let key = keyNode(try DER.parse(certificate)).map(children) else { return nil }
            let octets = try ASN1BitString(derEncoded: key[1]).bytes
            guard let modulus = children(try DER.parse(octets)).first, modulus.identifier == .integer,
                case .primitive(let number) = modulus.content
            else { return nil }
            let significant = number.drop { $0 == 0 }
            guard let first = significant.first else { return nil }
            return significant.count * 8 - first.leadingZeroBitCount
        } catch {
            return nil
        }
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node] {
        if case .constructed(let nodes) = node.content { Array(nodes) } else { [] }
    }
}
