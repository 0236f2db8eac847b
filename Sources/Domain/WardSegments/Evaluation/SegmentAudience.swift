// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// The people for whom a rule held at one moment, in a stable order: ascending by contact.
package struct SegmentAudience: Sendable {
    /// By ordinal; shared with the columns.
    let contacts: [ContactID]
    var members: Bitmap
    /// Whether ordinals ascend with contacts.
    let isOrdered: Bool

    /// How many people there are.
    package var count: Int { members.population }

    /// Those after a contact (from the start when nil), at most so many.
    package func page(after cursor: ContactID? = nil, limit: Int) -> [ContactID] {
        guard isOrdered else {
            return Array(sorted().drop { contact in cursor.map { contact <= $0 } ?? false }.prefix(limit))
        }
        var result: [ContactID] = []
        members.forEach { ordinal in
            let contact = contacts[ordinal]
            if let cursor, contact <= cursor { return true }
            result.append(contact)
            return result.count < limit
        }
        return limit > 0 ? result : []
    }

    /// Everybody, in order; stops and throws what `body` throws.
    package func forEach(_ body: (ContactID) throws -> Void) rethrows {
        if isOrdered {
            try members.forEach { ordinal in
                try body(contacts[ordinal])
                return true
            }
        } else {
            for contact in sorted() { try body(contact) }
        }
    }

    /// Those who are in this audience and in another of the same evaluation.
    func intersection(_ other: SegmentAudience) -> SegmentAudience {
        var result = self
        result.members.formIntersection(other.members)
        return result
    }

    /// Those who are in one of two audiences of the same evaluation.
    func union(_ other: SegmentAudience) -> SegmentAudience {
        var result = self
        result.members.formUnion(other.members)
        return result
    }

    private func sorted() -> [ContactID] {
        var result: [ContactID] = []
        members.forEach { ordinal in
            result.append(contacts[ordinal])
            return true
        }
        return result.sorted()
    }
}
