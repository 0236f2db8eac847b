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
    /// The keys of many persons: from memory, the others with one statement for each 500.
    func subjectKeys(
        _ wanted: Set<SubjectID>,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SubjectID: SubjectKeyState] {
        let now = surroundings.now()
        var found: [SubjectID: SubjectKeyState] = [:]
        found.reserveCapacity(wanted.count)
        var missing: [SubjectID] = []
        for subject in wanted {
            if let key = subjects.key(of: subject, of: organization, at: now) {
                found[subject] = .living(key)
            } else {
                missing.append(subject)
            }
        }
        guard !missing.isEmpty else { return found }
        let organizationKeys = try organizationKeys(organization, in: tx)
        var wrappingKeys: [Int64: KeyMaterial] = [:]
        for start in stride(from: 0, to: missing.count, by: Self.subjectsPerStatement) {
            let page = Array(missing[start..<min(start + Self.subjectsPerStatement, missing.count)])
            for row in try SubjectKeyQueries.some(page, of: organization, in: tx) {
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

    /// One person's key; throws `subjectErased` or `subjectUnknown`.
    func subjectKey(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KeyMaterial {
        if let key = subjects.key(of: subject, of: organization, at: surroundings.now()) { return key }
        return try Self.living(subjectKeys([subject], of: organization, in: tx)[subject], of: subject)
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
