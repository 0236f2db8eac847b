// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

/// One record to seal.
package struct SealRequest: Sendable {
    package let plain: Sensitive<[UInt8]>
    package let place: SealedPlace

    package init(_ plain: Sensitive<[UInt8]>, at place: SealedPlace) {
        self.plain = plain
        self.place = place
    }
}

/// One record to open.
package struct OpenRequest: Sendable {
    package let sealed: [UInt8]
    package let place: SealedPlace

    package init(_ sealed: [UInt8], at place: SealedPlace) {
        self.sealed = sealed
        self.place = place
    }
}

extension Vault {
    /// Seals one record for its place. Equal records have unequal ciphertexts. Adds 33 octets under a person's key, 49
    /// under the organization's.
    package func seal(
        _ plain: Sensitive<[UInt8]>,
        at place: SealedPlace,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let (header, key) = try sealingKey(for: place, in: tx)
        return try plain.expose(for: .sealing) {
            try sealer.seal($0, key: key, header: header, associated: place.associated)
        }
    }

    /// Opens what `seal` made for the same place; throws `doesNotOpen` when anything differs, `subjectErased` when the
    /// person's key was destroyed.
    package func open(
        _ sealed: [UInt8],
        at place: SealedPlace,
        in tx: any ReadTransaction
    ) throws -> Sensitive<[UInt8]> {
        let key: KeyMaterial
        switch place.owner {
        case .subject(let subject): key = try subjectKey(subject, of: place.organization, in: tx)
        case .organization:
            key = try openingKey(for: header(of: sealed, at: place), of: place.organization, in: tx)
        }
        do {
            return Sensitive(try sealer.open(sealed, key: key, associated: place.associated))
        } catch {
            throw VaultError.doesNotOpen(place.kind)
        }
    }

    /// Seals many records of one organization, in order: one query for each 500 persons that are not in memory, nonces
    /// drawn in bulk. Every place must be the organization's.
    package func seal(
        _ requests: [SealRequest],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]] {
        let subjects = try subjectKeys(for: requests.map(\.place), of: organization, in: tx)
        let organizationRecords = requests.count { $0.place.owner == .organization }
        let organizationKey =
            organizationRecords == 0
            ? nil
            : try organizationKeys(organization, in: tx)
                .sealingKey(uses: organizationRecords, randomBytes: surroundings.randomBytes)
        return try sealer.bulk(count: requests.count) { bulk in
            try zip(requests, subjects).map { request, subjectKey in
                let place = request.place
                guard place.organization == organization else { throw VaultError.doesNotOpen(place.kind) }
                var header = SealedHeader(keyVersion: 1)
                var key: KeyMaterial
                switch (place.owner, organizationKey) {
                case (.subject(let subject), _): key = try Self.living(subjectKey, of: subject)
                case (.organization, let current?): (header, key) = current
                case (.organization, nil): throw VaultError.notEstablished(organization)
                }
                return try request.plain.expose(for: .sealing) {
                    try bulk.seal($0, key: key, header: header, associated: place.associated)
                }
            }
        }
    }

    /// Opens many records of one organization, in order, each with its own answer, so that one erased person or one
    /// damaged record does not hide the others. A `doesNotOpen` is an integrity alarm, never to be passed over.
    package func open(
        _ requests: [OpenRequest],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Result<Sensitive<[UInt8]>, VaultError>] {
        let subjects = try subjectKeys(for: requests.map(\.place), of: organization, in: tx)
        return try sealer.bulk(count: 0) { bulk in
            try zip(requests, subjects).map { request, subjectKey in
                let place = request.place
                do {
                    guard place.organization == organization else { throw VaultError.doesNotOpen(place.kind) }
                    let key: KeyMaterial
                    switch place.owner {
                    case .subject(let subject): key = try Self.living(subjectKey, of: subject)
                    case .organization:
                        key = try openingKey(for: header(of: request.sealed, at: place), of: organization, in: tx)
                    }
                    return .success(
                        Sensitive(try bulk.open(request.sealed, key: key, associated: place.associated))
                    )
                } catch let error as VaultError {
                    return .failure(error)
                } catch is CryptoError {
                    return .failure(.doesNotOpen(place.kind))
                }
            }
        }
    }

    private func sealingKey(
        for place: SealedPlace,
        in tx: any ReadTransaction
    ) throws -> (header: SealedHeader, key: KeyMaterial) {
        switch place.owner {
        case .subject(let subject):
            (SealedHeader(keyVersion: 1), try subjectKey(subject, of: place.organization, in: tx))
        case .organization:
            try organizationKeys(place.organization, in: tx)
                .sealingKey(uses: 1, randomBytes: surroundings.randomBytes)
        }
    }

    private func header(of sealed: [UInt8], at place: SealedPlace) throws(VaultError) -> SealedHeader {
        do {
            return try SealedHeader(of: sealed)
        } catch {
            throw .doesNotOpen(place.kind)
        }
    }
}
