// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardCrypto
import WardKernel

/// What an organization's stored key is for.
enum OrganizationKeyRole: Int64, CaseIterable {
    /// Wraps the keys that seal the organization's own records; has versions.
    case sealing = 1
    /// Blind indexes and purpose keys; stable, since an index cannot be looked up under two keys.
    case derivation = 2
    /// The seed of the key that signs audit checkpoints.
    case signing = 3
}

/// An organization's keys, unwrapped, as long as this process keeps them.
final class OrganizationKeys: Sendable {
    /// NIST SP 800-38D section 8.3: uses of one key with random 96-bit nonces.
    static let usesPerKey = 1 << 32

    let newestVersion: UInt32
    let derivation: KeyMaterial
    let signing: KeyMaterial
    private let sealing: [UInt32: KeyMaterial]
    private let state: Mutex<State>

    private struct State {
        /// This process's own derived key: see `SealedFormat.swift`.
        var current: (header: SealedHeader, key: KeyMaterial)?
        var uses = 0
        /// Keys derived with the salts of other processes, for opening.
        var derived: [SealedHeader: KeyMaterial] = [:]
        /// Keys that are derived again and again: of the blind indexes and of purposes, of which there are some dozens.
        var named: [DerivedKeyName: KeyMaterial] = [:]
    }

    init(sealing: [UInt32: KeyMaterial], derivation: KeyMaterial, signing: KeyMaterial) {
        self.sealing = sealing
        self.derivation = derivation
        self.signing = signing
        newestVersion = sealing.keys.max() ?? 0
        state = Mutex(State())
    }

    /// The key of a blind index or a purpose.
    func key(_ name: DerivedKeyName) -> KeyMaterial {
        state.withLock { state in
            if let known = state.named[name] { return known }
            let key = derivation.derived(info: name.info.utf8)
            state.named[name] = key
            return key
        }
    }

    /// The key that seals now, for so many uses.
    func sealingKey(
        uses: Int,
        randomBytes: (Int) -> [UInt8]
    ) throws(VaultError) -> (header: SealedHeader, key: KeyMaterial) {
        guard let versionKey = sealing[newestVersion] else { throw .keyVersionUnknown(newestVersion) }
        return state.withLock { state in
            if let current = state.current, state.uses + uses <= Self.usesPerKey {
                state.uses += uses
                return current
            }
            let header = SealedHeader(
                keyVersion: newestVersion,
                salt: randomBytes(SealedHeader.saltByteCount)
            )
            let fresh = (header: header, key: Self.derive(versionKey, header))
            state.current = fresh
            state.uses = uses
            return fresh
        }
    }

    /// The key that sealed something with this header.
    func openingKey(for header: SealedHeader) throws(VaultError) -> KeyMaterial {
        guard let versionKey = sealing[header.keyVersion] else { throw .keyVersionUnknown(header.keyVersion) }
        return state.withLock { state in
            if let current = state.current, current.header == header { return current.key }
            if let known = state.derived[header] { return known }
            let key = Self.derive(versionKey, header)
            if state.derived.count >= 256 { state.derived.removeAll() }
            state.derived[header] = key
            return key
        }
    }

    /// How often this process's current key has sealed.
    var uses: Int { state.withLock { $0.uses } }

    private static func derive(_ key: KeyMaterial, _ header: SealedHeader) -> KeyMaterial {
        key.derived(info: "ward organization records".utf8, salt: header.salt ?? [])
    }
}

/// What a key is derived for, beside sealing.
enum DerivedKeyName: Hashable {
    case blindIndex(UInt16)
    case purpose(KeyPurpose)

    /// RFC 5869's `info`; never to be changed.
    var info: String {
        switch self {
        case .blindIndex(let number): "ward blind index \(number)"
        case .purpose(let purpose): "ward purpose \(purpose.name)"
        }
    }
}
