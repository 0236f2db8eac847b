// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

extension Vault {
    /// So many persons' keys are read or written by one statement.
    static let subjectsPerStatement = 500

    /// Makes a person's own key. A person that has one, or was erased, violates the table's constraint.
    package func createSubject(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try createSubjects([subject], of: organization, in: tx)
    }

    /// Makes the keys of many persons, with one statement for each 500.
    package func createSubjects(
        _ subjects: [SubjectID],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard !subjects.isEmpty else { return }
        let epoch = keys.newestEpoch
        let wrapping = KeyWrapping.subjectWrappingKey(
            epochKey: try keys.epochKey(epoch),
            organization: try organizationKeys(organization, in: tx)
        )
        let created = surroundings.now()
        let material = surroundings.randomBytes(subjects.count * KeyMaterial.byteCount)
        let rows = try sealer.bulk(count: subjects.count) { bulk in
            try subjects.enumerated().map { position, subject -> SubjectKeyQueries.Stored in
                let start = position * KeyMaterial.byteCount
                let wrapped = try bulk.seal(
                    Array(material[start..<start + KeyMaterial.byteCount]),
                    key: wrapping,
                    header: SealedHeader(keyVersion: UInt32(clamping: epoch)),
                    associated: KeyWrapping.subjectPlace(subject, of: organization)
                )
                return .init(subject: subject, epoch: epoch, wrapped: wrapped, createdAt: created)
            }
        }
        for start in stride(from: 0, to: rows.count, by: Self.subjectsPerStatement) {
            let page = rows[start..<min(start + Self.subjectsPerStatement, rows.count)]
            try SubjectKeyQueries.insert(page, of: organization, in: tx)
        }
    }
}
