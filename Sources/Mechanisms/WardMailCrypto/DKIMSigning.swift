// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import WardCrypto
package import WardKernel

/// The secret half of a DKIM key.
package struct DKIMSigningKey: Sendable {
    private enum Secret: Sendable {
        case rsa(RSAPrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    /// Bits of an RSA key: what every receiver takes (RFC 8301); more would not fit one DNS answer everywhere.
    package static let rsaBits = 2_048

    package let algorithm: DKIMAlgorithm
    /// What stands in p=: SubjectPublicKeyInfo for RSA, the 32 octets for Ed25519 (RFC 8463 section 4).
    package let publicKey: [UInt8]
    private let secret: Secret

    /// Makes a new key; for RSA that takes a processor for some tenths of a second.
    package static func make(_ algorithm: DKIMAlgorithm, randomBytes: (Int) -> [UInt8]) throws -> DKIMSigningKey {
        switch algorithm {
        case .rsa: try DKIMSigningKey(rsa: RSAPrivateKey.make(bits: rsaBits))
        case .ed25519: try DKIMSigningKey(.ed25519, stored: Sensitive(randomBytes(32)))
        }
    }

    /// Reads what `stored` gave: PKCS#8 in DER for RSA, the 32 octets of the secret key for Ed25519.
    package init(_ algorithm: DKIMAlgorithm, stored: Sensitive<[UInt8]>) throws {
        switch algorithm {
        case .rsa: try self.init(rsa: RSAPrivateKey(pkcs8: stored))
        case .ed25519: try self.init(ed25519: stored)
        }
    }

    private init(rsa key: RSAPrivateKey) throws {
        algorithm = .rsa
        secret = .rsa(key)
        publicKey = try key.subjectPublicKeyInfo()
    }

    private init(ed25519 stored: Sensitive<[UInt8]>) throws {
        let key = try stored.expose(for: .evaluating) { octets throws(DKIMError) in
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: octets) else { throw .malformedKey }
            return key
        }
        algorithm = .ed25519
        secret = .ed25519(key)
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    /// The key in the form to be sealed.
    package func stored() throws -> Sensitive<[UInt8]> {
        switch secret {
        case .rsa(let key): try key.pkcs8()
        case .ed25519(let key): Sensitive(Array(key.rawRepresentation))
        }
    }

    /// Both algorithms sign the SHA-256 of the header (RFC 8463 section 3 for Ed25519).
    func signature(of digest: [UInt8]) throws -> [UInt8] {
        switch secret {
        case .rsa(let key): try key.signature(of: digest)
        case .ed25519(let key): Array(try key.signature(for: Data(digest)))
        }
    }
}

/// Signs for a domain with one key.
package struct DKIMSigner: Sendable {
    package let domain: String
    package let selector: String
    package let key: DKIMSigningKey

    /// Throws `malformedName` when domain or selector is no DNS name in A-labels (RFC 8616).
    package init(domain: String, selector: String, key: DKIMSigningKey) throws(DKIMError) {
        guard DKIMName.isName(domain), DKIMName.isName(selector) else { throw .malformedName }
        self.domain = domain
        self.selector = selector
        self.key = key
    }

    func signature(of plan: SigningPlan, at time: Timestamp) throws -> DKIMSignature {
        let blank = DKIMSignature(
            selector: selector,
            algorithm: key.algorithm,
            signedAt: time.microseconds / 1_000_000,
            value: []
        )
        let own = blank.field(domain: domain, plan: plan).utf8.dropLast(2)
        let colon = own.firstIndex(of: 0x3a) ?? own.startIndex
        let header =
            plan.header
            + Canonicalization.relaxedHeader(name: DKIM.fieldName.lowercased(), value: own[own.index(after: colon)...])
        var made = blank
        made.value = try key.signature(of: Digest.sha256(header))
        return made
    }
}

/// One signature as it is kept: with the message it gives the field.
package struct DKIMSignature: Sendable, Hashable {
    package var selector: String
    package var algorithm: DKIMAlgorithm
    /// t=: seconds since 1970.
    package var signedAt: Int64
    /// b=, before base64.
    package var value: [UInt8]

    package init(selector: String, algorithm: DKIMAlgorithm, signedAt: Int64, value: [UInt8]) {
        self.selector = selector
        self.algorithm = algorithm
        self.signedAt = signedAt
        self.value = value
    }

    /// The whole field with its line end, folded at 76 octets. Format 1: never changed.
    func field(domain: String, plan: SigningPlan) -> String {
        var lines = ["\(DKIM.fieldName): v=1; a=\(algorithm.rawValue); c=relaxed/relaxed; d=\(domain);"]
        lines.append(" s=\(selector); t=\(signedAt);")
        var line = " h="
        for (position, name) in plan.names.enumerated() {
            let word = name + (position == plan.names.count - 1 ? ";" : ":")
            if line.utf8.count + word.utf8.count > 76 {
                lines.append(line)
                line = "  "
            }
            line += word
        }
        lines.append(line)
        lines.append(" bh=\(plan.bodyHash);")
        // In octets: characters would have to be told apart first.
        let base64 = Array(Data(value).base64EncodedData())
        lines.append(" b=" + String(decoding: base64.prefix(72), as: UTF8.self))
        for start in stride(from: 72, to: base64.count, by: 72) {
            let end = min(start + 72, base64.count)
            lines.append("  " + String(decoding: base64[start..<end], as: UTF8.self))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}

/// What all signatures of one message share: the names of h=, their fields canonicalized, the body's hash.
struct SigningPlan {
    let names: [String]
    /// The canonicalized fields, each with its CRLF.
    let header: [UInt8]
    let bodyHash: String

    init(_ message: [UInt8]) throws(DKIMError) {
        let octets = try MessageOctets(message)
        let byName = try Self.fields(of: octets)
        var names: [String] = []
        var header: [UInt8] = []
        header.reserveCapacity(2_048)
        func cover(_ name: String, overSigned: Bool) {
            // From the last to the first (RFC 6376 section 5.4.2); one more name than fields covers their absence.
            for field in (byName[name] ?? []).reversed() {
                names.append(name)
                header += Canonicalization.relaxed.header(field, in: octets.bytes)
                header += [0x0d, 0x0a]
            }
            if overSigned { names.append(name) }
        }
        for name in DKIM.covered { cover(name, overSigned: true) }
        for name in DKIM.coveredWherePresent { cover(name, overSigned: false) }
        self.names = names
        self.header = header
        let body = Canonicalization.relaxed.body(octets.bodyOctets)
        bodyHash = Data(Digest.sha256(body)).base64EncodedString()
    }

    /// The fields by name, of a message that may be signed.
    static func fields(of octets: MessageOctets) throws(DKIMError) -> [String: [MessageOctets.Field]] {
        guard !octets.hasLongLine else { throw .lineTooLong }
        var byName: [String: [MessageOctets.Field]] = [:]
        for field in octets.fields { byName[field.name, default: []].append(field) }
        for (name, fields) in byName where fields.count > 1 && DKIM.atMostOnce.contains(name) {
            throw .fieldRepeated(name)
        }
        guard byName["from"] != nil else { throw .fieldMissing("from") }
        return byName
    }
}

/// Names of the DNS as DKIM uses them.
enum DKIMName {
    /// Labels of letters, digits and hyphens, and the underscore that some selectors have.
    static func isName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                        default: false
                        }
                    }
            }
    }
}
