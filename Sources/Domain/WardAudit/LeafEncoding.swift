// SPDX-License-Identifier: Apache-2.0
//
// What a leaf of the audit tree commits to.
//
//     leaf    1 || organization (16) || entry (16) || part hash 1 … 7 (32 each)
//     part n  SHA-256(salt (16) || n || fields)
//     field   0 when absent, else 1 || length (4, big-endian) || octets; integers are 8 octets, big-endian
//
//     part 1  what     entry, time (microseconds), time source, action, outcome, object kind, object, purpose, request,
//                      Ward's version
//     part 2  who      actor kind, actor, on-behalf-of kind, on-behalf-of, roles, session, authentication
//     part 3  whence   ciphertext of network address and device
//     part 4  whom     subject, subjects kind, subjects
//     part 5  which    categories, fields, facts, hash before, hash after
//     part 6  to whom  is disclosure (0 or 1), recipient kind, recipient, channel, protection
//     part 7  why      reason's key owner, reason's ciphertext
//
// Free text is committed to as ciphertext: erasing the person's key leaves every proof whole. When retention removes an
// entry, its leaf hash stays in its tile and the tree still verifies; the salt goes with the entry, so that the hash
// tells nothing about it.

import WardCrypto
import WardKernel

extension AuditRecord {
    /// The leaf's content (RFC 6962); its hash is `MerkleHash.leaf` of it.
    func leaf(of organization: OrganizationID) -> [UInt8] {
        var leaf: [UInt8] = [1]
        leaf.reserveCapacity(1 + 16 + 16 + 7 * Digest.byteCount)
        leaf.append(contentsOf: organization.bytes)
        leaf.append(contentsOf: id.bytes)
        for part in [what, who, whence, whom, which, toWhom, why] { leaf.append(contentsOf: part) }
        return leaf
    }

    private var what: [UInt8] {
        var part = LeafPart(1, salt: salt)
        part.add(id.bytes)
        part.add(integer: recordedAt.microseconds)
        part.add(context.timeSource)
        part.add(action.rawValue)
        part.add(outcome.rawValue)
        part.add(object)
        part.add(context.purpose.rawValue)
        part.add(context.request)
        part.add(context.version)
        return part.hash
    }

    private var who: [UInt8] {
        var part = LeafPart(2, salt: salt)
        part.add(actorKind.rawValue)
        part.add(actor)
        part.add(context.onBehalfOf)
        part.add(context.roles)
        part.add(context.session)
        part.add(context.authentication)
        return part.hash
    }

    private var whence: [UInt8] {
        var part = LeafPart(3, salt: salt)
        part.add(sealedOrigin)
        return part.hash
    }

    private var whom: [UInt8] {
        var part = LeafPart(4, salt: salt)
        part.add(subject?.bytes)
        part.add(content.subjects)
        return part.hash
    }

    private var which: [UInt8] {
        var part = LeafPart(5, salt: salt)
        part.add(content.categories)
        part.add(content.fields)
        part.add(content.facts)
        part.add(content.beforeHash)
        part.add(content.afterHash)
        return part.hash
    }

    private var toWhom: [UInt8] {
        var part = LeafPart(6, salt: salt)
        part.add(integer: disclosure == nil ? 0 : 1)
        part.add(disclosure?.recipient)
        part.add(disclosure?.channel)
        part.add(disclosure?.protection)
        return part.hash
    }

    private var why: [UInt8] {
        var part = LeafPart(7, salt: salt)
        part.add(integer: reason?.owner.rawValue ?? 0)
        part.add(reason?.sealed)
        return part.hash
    }
}

/// The octets of one part while it is put together.
private struct LeafPart {
    private var bytes: [UInt8]

    init(_ number: UInt8, salt: [UInt8]) {
        bytes = salt
        bytes.reserveCapacity(256)
        bytes.append(number)
    }

    var hash: [UInt8] { Digest.sha256(bytes) }

    mutating func add(_ field: [UInt8]?) {
        guard let field else {
            bytes.append(0)
            return
        }
        start(length: field.count)
        bytes.append(contentsOf: field)
    }

    mutating func add(_ field: String?) {
        guard let field else {
            bytes.append(0)
            return
        }
        start(length: field.utf8.count)
        bytes.append(contentsOf: field.utf8)
    }

    mutating func add(_ object: AuditObject?) {
        add(object?.kind)
        add(object?.identifier)
    }

    mutating func add(integer: Int64) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func start(length: Int) {
        bytes.append(1)
        withUnsafeBytes(of: UInt32(clamping: length).bigEndian) { bytes.append(contentsOf: $0) }
    }
}
