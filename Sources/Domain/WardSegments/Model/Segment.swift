// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// A stored segment: a name and the rule that decides who belongs.
package struct Segment: Hashable, Sendable {
    package var id: SegmentID
    package var name: String
    /// 1, 2, 3 …; each change of the rule makes one, a change of the name does not.
    package var version: Int64
    /// The rule as its author wrote it; nil when it speaks of health and the requester may not filter by that.
    package var rule: Sensitive<String>?
    /// Whether the rule speaks of health.
    package var isClinical: Bool
    package var createdAt: Timestamp
    package var changedAt: Timestamp
    /// How many people were in it on the days on which it was counted, oldest first, at most 84 days back.
    package var sizes: [SegmentSize]
}

/// How many people were in a segment on one day.
package struct SegmentSize: Hashable, Sendable {
    /// In the organization's zone.
    package var day: CalendarDate
    package var size: SegmentCount
}

/// One version of a segment's rule.
package struct SegmentVersion: Hashable, Sendable {
    package var version: Int64
    package var rule: Sensitive<String>
    package var createdAt: Timestamp
    /// The staff account or service.
    package var createdBy: [UInt8]
}

/// A number of people, which is not told below eleven to those who may not see health data (45 CFR 164.514; the
/// threshold is that of CMS's cell size suppression policy).
package enum SegmentCount: Hashable, Sendable, CustomStringConvertible {
    case exactly(Int)
    case fewerThanEleven

    package static let smallestShown = 11

    /// The count as somebody may see it.
    init(_ count: Int, isExactShown: Bool) {
        self = isExactShown || count >= Self.smallestShown ? .exactly(count) : .fewerThanEleven
    }

    /// `4,218` or `fewer than 11`
    package var description: String {
        switch self {
        case .fewerThanEleven: return "fewer than 11"
        case .exactly(let count):
            var digits = String(count)
            var place = digits.count - 3
            while place > 0 {
                digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
                place -= 3
            }
            return digits
        }
    }
}

/// The counts of a rule and of its lines.
package struct SegmentTally: Hashable, Sendable {
    /// How many people are in the segment.
    package var count: SegmentCount
    /// How many people the organization has.
    package var population: Int
    /// Groups and lines as they are written, a group before its lines; in the order of `BuilderForm.rows`.
    package var lines: [LineTally]
    package var timing: EvaluationTiming
}

/// The counts of one group or line of a rule.
package struct LineTally: Hashable, Sendable {
    /// 0 for the lines of the outermost group.
    package var depth: Int
    /// The group or line as text.
    package var text: Sensitive<String>
    /// For how many people it holds by itself.
    package var each: SegmentCount
    /// How many are left after it and all before it in an outermost ALL group, or in by it or one before it in an
    /// outermost ANY group; nil further in.
    package var left: SegmentCount?
}

/// Some members of a segment, masked.
package struct MembersPage: Sendable {
    package var members: [SegmentMember]
    /// Give this to get the next page; nil at the end.
    package var next: ContactID?
    package var total: SegmentCount
}

/// A member as a list shows her: initials and age.
package struct SegmentMember: Hashable, Sendable {
    package var contact: ContactID
    /// `M•••• G••••`
    package var maskedName: String
    package var age: Sensitive<Int>?
}

/// Why one person is in a segment or not.
package struct MembershipExplanation: Sendable {
    package var isMember: Bool
    /// Groups and terms as they are written, a group before its parts.
    package var terms: [TermExplanation]
}

/// One group or term, whether it holds for the person, and why.
package struct TermExplanation: Hashable, Sendable {
    /// 0 for the outermost.
    package var depth: Int
    /// The term as it is written, or `all of`, `any of`, `not`.
    package var term: Sensitive<String>
    package var holds: Bool
    /// What the person's data says, in a sentence; nil for groups.
    package var reason: Sensitive<String>?
}

/// Whether a person belongs, for the send gate.
package enum MembershipAnswer: Hashable, Sendable {
    case member
    case notMember
    case noSuchSegment
    case noSuchPerson
}

/// What keeps a segment from being deleted.
package struct SegmentUse: Hashable, Sendable {
    /// A fixed word such as `campaign`.
    package var kind: String
    package var identifier: [UInt8]
    /// As staff know it.
    package var name: String

    package init(kind: String, identifier: [UInt8], name: String) {
        self.kind = kind
        self.identifier = identifier
        self.name = name
    }
}

/// Who else uses segments; asked before one is deleted.
package protocol SegmentUses: Sendable {
    func uses(of segment: SegmentID, of organization: OrganizationID, in tx: any ReadTransaction) throws -> [SegmentUse]
}
