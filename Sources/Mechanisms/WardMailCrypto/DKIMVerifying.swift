// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import WardCrypto
package import WardKernel

/// Why a signature does not hold.
package enum DKIMFailure: String, Error, Sendable, Hashable {
    /// The field is no tag list, or a tag that must be there is not, or says nonsense.
    case malformedSignature = "malformed_signature"
    /// An algorithm that is unknown or no longer taken, such as rsa-sha1.
    case algorithmRefused = "algorithm_refused"
    /// i= is not below d=.
    case identityOutsideDomain = "identity_outside_domain"
    case fromNotCovered = "from_not_covered"
    /// l= leaves a part of the body that anybody can have added.
    case bodyPartlyCovered = "body_partly_covered"
    case expired
    case fromTheFuture = "from_the_future"
    case keyMissing = "key_missing"
    case keyUnreadable = "key_unreadable"
    case keyRevoked = "key_revoked"
    /// The record is for another algorithm, hash or service.
    case keyForSomethingElse = "key_for_something_else"
    case keyTooShort = "key_too_short"
    case bodyChanged = "body_changed"
    case headerChanged = "header_changed"
}

/// What a signature proves.
package enum DKIMVerdict: Sendable, Hashable {
    /// The domain takes responsibility for what the signature covers.
    case verified
    case failed(DKIMFailure)
}

/// One DKIM-Signature of a message, read.
package struct DKIMSignatureField: Sendable, Hashable {
    package let domain: String
    package let selector: String
    package let algorithm: DKIMAlgorithm
    /// The names of h=, in lower case.
    package let covered: [String]
    let header: Canonicalization
    let body: Canonicalization
    let bodyHash: [UInt8]
    let value: [UInt8]
    let identity: String
    let bodyLength: Int?
    let signedAt: Int64?
    let expiresAt: Int64?
    /// Which of the message's fields it is.
    let position: Int

    /// Where its key record stands.
    package var recordName: String { DKIMKeyRecord.name(selector: selector, domain: domain) }

    init(_ octets: ArraySlice<UInt8>, position: Int) throws(DKIMFailure) {
        guard let tags = TagList(octets), tags["v"] == "1", let name = tags["a"],
            let bodyHash = tags.compact("bh").flatMap({ Data(base64Encoded: $0) }),
            let value = tags.compact("b").flatMap({ Data(base64Encoded: $0) }),
            let domain = tags["d"]?.lowercased(), let selector = tags["s"], let covered = tags.words("h"),
            DKIMName.isName(domain), DKIMName.isName(selector), covered.count <= 256, !covered.contains("")
        else { throw .malformedSignature }
        guard let algorithm = DKIMAlgorithm(rawValue: name) else { throw .algorithmRefused }
        guard tags.words("q").map({ $0.contains("dns/txt") }) ?? true else { throw .malformedSignature }
        (header, body) = try Self.canonicalizations(tags.compact("c") ?? "simple/simple")
        self.domain = domain
        self.selector = selector
        self.algorithm = algorithm
        self.covered = covered.map { $0.lowercased() }
        self.bodyHash = Array(bodyHash)
        self.value = Array(value)
        self.position = position
        identity = (tags["i"] ?? "@" + domain).lowercased()
        bodyLength = try Self.number(tags, "l").map { Int(clamping: $0) }
        signedAt = try Self.number(tags, "t")
        expiresAt = try Self.number(tags, "x")
        guard self.covered.contains("from") else { throw .fromNotCovered }
        guard let at = identity.lastIndex(of: "@") else { throw .malformedSignature }
        let identityDomain = identity[identity.index(after: at)...]
        guard identityDomain == domain || identityDomain.hasSuffix("." + domain) else {
            throw .identityOutsideDomain
        }
    }

    private static func canonicalizations(
        _ text: String
    ) throws(DKIMFailure) -> (Canonicalization, Canonicalization) {
        let words = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard words.count <= 2, let header = Canonicalization(rawValue: words[0]) else { throw .malformedSignature }
        guard words.count == 2 else { return (header, .simple) }
        guard let body = Canonicalization(rawValue: words[1]) else { throw .malformedSignature }
        return (header, body)
    }

    /// At most 18 digits: more than any time or length has.
    private static func number(_ tags: TagList, _ name: String) throws(DKIMFailure) -> Int64? {
        guard let text = tags[name] else { return nil }
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(text)
        else { throw .malformedSignature }
        return number
    }
}

/// A message whose signatures are to be verified.
package struct DKIMMessage: Sendable {
    private let message: MessageOctets
    /// The signatures from the top, at most `DKIM.signatureLimit`; those that cannot be read with their reason.
    package let signatures: [Result<DKIMSignatureField, DKIMFailure>]

    /// Throws when the message has bare line ends or a header that is none.
    package init(_ bytes: [UInt8]) throws(DKIMError) {
        message = try MessageOctets(bytes)
        var signatures: [Result<DKIMSignatureField, DKIMFailure>] = []
        for (position, field) in message.fields.enumerated() where field.name == DKIM.fieldName.lowercased() {
            guard signatures.count < DKIM.signatureLimit else { break }
            do {
                let value = bytes[field.valueStart..<field.range.upperBound]
                signatures.append(.success(try DKIMSignatureField(value, position: position)))
            } catch {
                signatures.append(.failure(error))
            }
        }
        self.signatures = signatures
    }

    /// Whether the signature holds by one of the TXT records at its `recordName`. Takes a processor for some ten
    /// microseconds and the hashing of the message.
    package func verdict(
        on signature: DKIMSignatureField,
        records: [String],
        now: Timestamp
    ) -> DKIMVerdict {
        do {
            try check(signature, records: records, now: now.microseconds / 1_000_000)
            return .verified
        } catch {
            return .failed(error)
        }
    }

    private func check(_ signature: DKIMSignatureField, records: [String], now: Int64) throws(DKIMFailure) {
        if let expires = signature.expiresAt {
            guard now <= expires, signature.signedAt.map({ $0 <= expires }) ?? true else { throw .expired }
        }
        // Clocks differ; a day is more than any of them should.
        if let signed = signature.signedAt, signed > now + 86_400 { throw .fromTheFuture }
        let key = try Self.key(for: signature, among: records)
        let body = signature.body.body(message.bodyOctets)
        if let length = signature.bodyLength, length < body.count { throw .bodyPartlyCovered }
        if let length = signature.bodyLength, length > body.count { throw .bodyChanged }
        guard Digest.isEqual(Digest.sha256(body), signature.bodyHash) else { throw .bodyChanged }
        let digest = Digest.sha256(Self.signedHeader(signature, of: message))
        guard key.isValid(signature.value, for: digest) else { throw .headerChanged }
    }

    private enum VerifyingKey {
        case rsa(RSAPublicKey)
        case ed25519(Curve25519.Signing.PublicKey)

        func isValid(_ signature: [UInt8], for digest: [UInt8]) -> Bool {
            switch self {
            case .rsa(let key): key.isValid(signature, for: digest)
            case .ed25519(let key): key.isValidSignature(Data(signature), for: Data(digest))
            }
        }
    }

    /// The key of the first record that is one: several at a selector are undefined (RFC 6376 section 3.6.2.2).
    private static func key(
        for signature: DKIMSignatureField,
        among records: [String]
    ) throws(DKIMFailure) -> VerifyingKey {
        guard !records.isEmpty else { throw .keyMissing }
        guard let record = records.lazy.compactMap({ DKIMKeyRecord($0) }).first else { throw .keyUnreadable }
        guard record.keyType == signature.algorithm.keyType, record.hashes.map({ $0.contains("sha256") }) ?? true,
            record.services.map({ $0.contains("*") || $0.contains("email") }) ?? true
        else { throw .keyForSomethingElse }
        if record.publicKey.isEmpty { throw .keyRevoked }
        if record.flags.contains("s"), !signature.identity.hasSuffix("@" + signature.domain) {
            throw .identityOutsideDomain
        }
        switch signature.algorithm {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: record.publicKey) else {
                throw .keyUnreadable
            }
            return .ed25519(key)
        case .rsa:
            do {
                return .rsa(try RSAPublicKey(der: record.publicKey))
            } catch {
                throw error.code == .wrongKeySize ? .keyTooShort : .keyUnreadable
            }
        }
    }

    /// RFC 6376 section 3.7: the covered fields, each name taking the lowest that is left, then the signature's own field
    /// with an empty b=.
    private static func signedHeader(_ signature: DKIMSignatureField, of message: MessageOctets) -> [UInt8] {
        var left: [String: [Int]] = [:]
        for (position, field) in message.fields.enumerated() { left[field.name, default: []].append(position) }
        var header: [UInt8] = []
        for name in signature.covered {
            guard let position = left[name]?.popLast() else { continue }
            header += signature.header.header(message.fields[position], in: message.bytes)
            header += [0x0d, 0x0a]
        }
        let own = message.fields[signature.position]
        let value = blanked(message.bytes[own.valueStart..<own.range.upperBound])
        header += signature.header.header(own, in: message.bytes, value: value)
        return header
    }

    /// The value of b= deleted with all white space around it.
    private static func blanked(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var result: [UInt8] = []
        for (number, part) in value.split(separator: 0x3b, omittingEmptySubsequences: false).enumerated() {
            if number > 0 { result.append(0x3b) }
            let name = part.prefix { $0 != 0x3d }
            let isSignature =
                name.count < part.count && name.filter { ![0x20, 0x09, 0x0d, 0x0a].contains($0) } == [0x62]
            result += isSignature ? name + [0x3d] : part
        }
        return result[...]
    }
}
