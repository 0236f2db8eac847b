// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardKernel
import WardStorage

/// A person's key, or why there is none.
enum SubjectKeyState {
    case living(KeyMaterial)
    case erased
    case unknown
}

extension Vault {
    /// Each place's key, in order: from memory, the others with one statement for each 500 persons. Nil for the places of
    /// the organization itself.
    func subjectKeys(
        for places: [SealedPlace],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SubjectKeyState?] {
        let owners = places.map { place -> SubjectID? in
            if case .subject(let subject) = place.owner { subject } else { nil }
        }
        let known = subjects.keys(of: owners, of: organization, at: surroundings.now())
        var missing: Set<SubjectID> = []
        for (owner, key) in zip(owners, known) where key == nil {
            if let owner { missing.insert(owner) }
        }
        let found = missing.isEmpty ? [:] : try readSubjectKeys(Array(missing), of: organization, in: tx)
        return zip(owners, known).map { owner, key in
            if let key { return .living(key) }
            return owner.map { found[$0] ?? .unknown }
        }
    }

    private func readSubjectKeys(
        _ missing: [SubjectID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SubjectID: SubjectKeyState] {
        let now = surroundings.now()
        var found: [SubjectID: SubjectKeyState] = [:]
        found.reserveCapacity(missing.count)
        let organizationKeys = try organizationKeys(organization, in: tx)
        var wrappingKeys: [Int64: KeyMaterial] = [:]
        for start in stride(from: 0, to: missing.count, by: Self.subjectsPerStatement) {
            let page = Array(missing[start..<min(start + Self.subjectsPerStatement, missing.count)])
            for row in try SubjectKeyQueries.some(page, of: organization, in: tx) {
                // The epoch key of somebody who was erased may be gone, and is not needed to say so.
                guard row.wrapped != nil else {
                    found[row.subject] = .erased
                    continue
                }
                let wrapping =
                    try wrappingKeys[row.epoch]
                    ?? {
                        let key = KeyWrapping.subjectWrappingKey(
                            epochKey: try keys.epochKey(row.epoch),
                            organization: organizationKeys
                        )
                        wrappingKeys[row.epoch] = key
                        return key
                    }()
                guard let key = try unwrap(row, under: wrapping, of: organization) else {
                    found[row.subject] = .erased
                    continue
                }
                found[row.subject] = .living(key)
                if isSettled(createdAt: row.createdAt, in: tx) {
                    subjects.remember(key, of: row.subject, of: organization, at: now)
                }
            }
        }
        return found
    }

    /// What is known of one person's key.
    func subjectKeyState(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SubjectKeyState {
        if let key = subjects.key(of: subject, of: organization, at: surroundings.now()) { return .living(key) }
        return try readSubjectKeys([subject], of: organization, in: tx)[subject] ?? .unknown
    }

    /// One person's key; throws `subjectErased` or `subjectUnknown`.
    func subjectKey(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KeyMaterial {
        try Self.living(subjectKeyState(subject, of: organization, in: tx), of: subject)
    }

    static func living(_ state: SubjectKeyState?, of subject: SubjectID) throws(VaultError) -> KeyMaterial {
        switch state {
        case .living(let key): return key
        case .erased: throw .subjectErased(subject)
        case .unknown, nil: throw .subjectUnknown(subject)
        }
    }

    /// The person's key; nil when it was destroyed.
    func unwrap(
        _ row: SubjectKeyQueries.Stored,
        under wrapping: KeyMaterial,
        of organization: OrganizationID
    ) throws -> KeyMaterial? {
        guard let wrapped = row.wrapped else { return nil }
        do {
            let bytes = try sealer.open(
                wrapped,
                key: wrapping,
                associated: KeyWrapping.subjectPlace(row.subject, of: organization)
            )
            if let key = KeyMaterial(bytes) { return key }
        } catch {
            throw VaultError.doesNotOpen(.wrappedKey)
        }
        throw VaultError.doesNotOpen(.wrappedKey)
    }
}
