// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Whose key seals a record.
package enum KeyOwner: Hashable, Sendable {
    /// The organization's: what is about nobody in particular, such as a staff account.
    case organization
    /// One person's own key: destroying it erases everything sealed under it, also in backups.
    case subject(SubjectID)
}

/// Where a sealed record lives. A ciphertext opens only in the place that it was sealed for.
package struct SealedPlace: Hashable, Sendable {
    package var organization: OrganizationID
    package var owner: KeyOwner
    package var kind: RecordKind
    /// What tells the record from others of its kind: its row's key, at most 65,535 octets.
    package var row: [UInt8]

    package init(organization: OrganizationID, owner: KeyOwner, kind: RecordKind, row: [UInt8]) {
        self.organization = organization
        self.owner = owner
        self.kind = kind
        self.row = row
    }

    /// The associated data: `"ward"`, 1, organization (16), owner (0, or 1 and 16 octets), kind (2), row. Everything but
    /// the row has a fixed length, so no two places read the same.
    var associated: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40 + row.count)
        bytes.append(contentsOf: "ward".utf8)
        bytes.append(1)
        bytes.append(organization: organization)
        switch owner {
        case .organization: bytes.append(0)
        case .subject(let subject):
            bytes.append(1)
            bytes.append(word: subject.high)
            bytes.append(word: subject.low)
        }
        bytes.append(UInt8(truncatingIfNeeded: kind.number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: kind.number))
        bytes.append(contentsOf: row)
        return bytes
    }
}

extension [UInt8] {
    mutating func append(word: UInt64) {
        Swift.withUnsafeBytes(of: word.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(organization: OrganizationID) {
        append(word: organization.high)
        append(word: organization.low)
    }
}
