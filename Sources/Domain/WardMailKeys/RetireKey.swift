// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension MailKeys {
    /// Makes a waiting or former key sign, in place of the one that signs now.
    package func activate(
        _ id: OwnMailKeyID,
        why reason: String,
        by requester: Requester
    ) async throws -> OwnMailKey {
        try require(requester)
        let why = try Self.checked(reason)
        return try await store.write { [self] tx in
            let key = try key(id, of: requester.organization, in: tx)
            if key.state == .destroyed { throw MailKeyError.keyDestroyed }
            guard key.state != .active else { throw MailKeyError.nothingToChange }
            return try activate(key, why: why, by: requester, in: tx)
        }
    }

    /// Stops a key from signing; it opens mail still. Destroying its secret half ends that, too: what was encrypted to it and
    /// has not been opened stays closed for good.
    package func retire(
        _ id: OwnMailKeyID,
        destroysSecret: Bool,
        why reason: String,
        by requester: Requester
    ) async throws -> OwnMailKey {
        try require(requester)
        let why = try Self.checked(reason)
        return try await store.write { [self] tx in
            let organization = requester.organization
            var key = try key(id, of: organization, in: tx)
            if key.state == .destroyed { throw MailKeyError.keyDestroyed }
            guard destroysSecret || key.state != .former else { throw MailKeyError.nothingToChange }
            key.state = destroysSecret ? .destroyed : .former
            key.retiredAt = surroundings.now()
            try OwnKeyQueries.update(key, of: organization, in: tx)
            if destroysSecret { try OwnKeyQueries.destroy(id, of: organization, in: tx) }
            try record(destroysSecret ? .mailKeyDestroy : .mailKeyRetire, key, why: why, by: requester, in: tx)
            signers.forget(id)
            return key
        }
    }

    func activate(
        _ key: OwnMailKey,
        why: Sensitive<String>,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> OwnMailKey {
        let organization = requester.organization
        let now = surroundings.now()
        let before = try OwnKeyQueries.all(of: organization, in: tx).filter {
            $0.state == .active && $0.address == key.address && $0.kind == key.kind && $0.id != key.id
        }
        for var old in before {
            old.state = .former
            old.retiredAt = now
            try OwnKeyQueries.update(old, of: organization, in: tx)
            try record(.mailKeyRetire, old, why: why, by: requester, in: tx)
        }
        var key = key
        key.state = .active
        key.activatedAt = now
        key.retiredAt = nil
        try OwnKeyQueries.update(key, of: organization, in: tx)
        try record(.mailKeyActivate, key, why: why, by: requester, in: tx)
        return key
    }

    func key(
        _ id: OwnMailKeyID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> OwnMailKey {
        guard let key = try OwnKeyQueries.all(of: organization, in: tx).first(where: { $0.id == id }) else {
            throw MailKeyError.keyUnknown
        }
        return key
    }
}
