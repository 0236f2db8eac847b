// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum ConsentRecordTag {}
/// One recorded choice of a person.
package typealias ConsentRecordID = Identifier<ConsentRecordTag>

/// What a person chose.
package enum ConsentChoice: String, CaseIterable, Sendable, Codable, Hashable {
    case granted, withdrawn
}

/// Where a choice comes from.
package enum ConsentSource: String, CaseIterable, Sendable, Codable, Hashable {
    /// The basis that was named when a list was imported.
    case importBasis = "import"
    /// Told to a member of staff.
    case staff
    /// A form the person filled in.
    case form
    /// The preferences page of the portal.
    case portal
    /// The link at the foot of a message, after confirming.
    case unsubscribeLink = "unsubscribe_link"
    /// The mail program's own button (RFC 8058).
    case oneClick = "one_click"
    /// The demo's and the tests' made-up people.
    case generated
}

/// A choice to be recorded for one person.
package struct ConsentStatement: Sendable, Hashable {
    package var contact: ContactID
    package var purpose: Purpose
    package var channel: Channel
    package var choice: ConsentChoice
    package var source: ConsentSource
    /// Which wording the person saw, such as `newsletter-2026-03`; at most 200 characters, no personal data.
    package var wordingVersion: String
    /// When the person chose; not later than now.
    package var chosenAt: Timestamp
    /// Whatever else is known about it, such as the words said on the telephone. Sealed under the person's key.
    package var note: Sensitive<String>?

    package init(
        contact: ContactID,
        purpose: Purpose,
        channel: Channel,
        choice: ConsentChoice,
        source: ConsentSource,
        wordingVersion: String,
        chosenAt: Timestamp,
        note: Sensitive<String>? = nil
    ) {
        self.contact = contact
        self.purpose = purpose
        self.channel = channel
        self.choice = choice
        self.source = source
        self.wordingVersion = wordingVersion
        self.chosenAt = chosenAt
        self.note = note
    }
}

/// A recorded choice. Records are added, never changed; the newest of a person, purpose and channel holds.
package struct ConsentRecord: Sendable, Hashable {
    package let id: ConsentRecordID
    package let statement: ConsentStatement
    package let recordedAt: Timestamp
    package let recordedBy: RecordedBy
}

/// Who recorded something.
package struct RecordedBy: Sendable, Hashable {
    package let kind: Requester.Kind
    package let identifier: [UInt8]
}

/// What holds for one person, one purpose and one channel.
package enum ConsentStanding: Sendable, Hashable {
    case none
    case granted(ConsentRecordID, at: Timestamp)
    case withdrawn(ConsentRecordID, at: Timestamp)
}

/// On what basis imported people may be written to.
package struct ImportBasis: Sendable, Codable, Hashable {
    /// Empty: only classes that need no consent can reach them.
    package var purposes: Set<Purpose>
    package var channel: Channel
    /// Where the agreement was obtained, such as `intake form 2025`; at most 200 characters.
    package var origin: String
    package var wordingVersion: String
    package var obtainedAt: Timestamp

    package init(
        purposes: Set<Purpose>,
        channel: Channel = .email,
        origin: String,
        wordingVersion: String,
        obtainedAt: Timestamp
    ) {
        self.purposes = purposes
        self.channel = channel
        self.origin = origin
        self.wordingVersion = wordingVersion
        self.obtainedAt = obtainedAt
    }
}
