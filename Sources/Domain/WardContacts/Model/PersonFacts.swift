// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum ContactListTag {}
package enum ImportTag {}
/// A list: people picked by hand or by an import.
package typealias ListID = Identifier<ContactListTag>
/// One import of one file.
package typealias ImportID = Identifier<ImportTag>

/// Everything that Ward knows about one person, opened: for segments, merge fields and pages that disclose.
package struct PersonFacts: Hashable, Sendable {
    package var contact: ContactID
    package var attributes: [AttributeName: AttributeValue]
    package var records: [DatedRecord]
    package var lists: Set<ListID>
    /// Recorded as dead: kept, and never written to by default.
    package var isDeceased: Bool
    /// The position of the newest numbered change of this person in the change feed; 0 before it is numbered.
    package var position: Int64

    package init(
        contact: ContactID,
        attributes: [AttributeName: AttributeValue],
        records: [DatedRecord] = [],
        lists: Set<ListID> = [],
        isDeceased: Bool = false,
        position: Int64 = 0
    ) {
        self.contact = contact
        self.attributes = attributes
        self.records = records
        self.lists = lists
        self.isDeceased = isDeceased
        self.position = position
    }
}

extension PersonFacts: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹redacted person›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
