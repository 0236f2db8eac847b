// SPDX-License-Identifier: Apache-2.0
//
// The syntax tree of a segment, of which the text, the JSON and the rows of the visual builder are three views.
//
// Logic is two-valued. A comparison with a missing value is false and `not` negates that, so `not sex = "female"` holds
// for a person whose sex is unknown and `sex != "female"` does not; `is missing` tests. A window `within N unit` is the
// N calendar units up to now in the organization's zone, ends included, future excluded; `in next N unit` looks ahead
// from now, ends included. Text is compared without regard to case and accents; codes are compared exactly. Age is in
// whole years in that zone, and a birthday on 29 February counts on 1 March of other years.

package import WardContacts

/// A rule that decides who belongs: a tree of `and`, `or`, `not` over terms.
package indirect enum SegmentExpression: Hashable, Sendable {
    /// Each person of the organization.
    case everyone
    /// Each of at least two parts holds.
    case all([SegmentExpression])
    /// One of at least two parts holds.
    case any([SegmentExpression])
    case not(SegmentExpression)
    case term(SegmentTerm)
}

/// One test of a person.
package enum SegmentTerm: Hashable, Sendable {
    /// An attribute by its name, or `age`.
    case field(String, FieldTest)
    case record(RecordTerm)
    /// Membership of the list with this name.
    case list(String)
    case engagement(EngagementTerm)
}

/// What is asked of one value.
package enum FieldTest: Hashable, Sendable {
    case compare(ComparisonOperator, SegmentValue)
    /// Both ends included.
    case between(SegmentValue, SegmentValue)
    case oneOf([SegmentValue])
    case contains(String)
    case startsWith(String)
    case missing
    case present
    /// For dates.
    case window(CalendarWindow)
}

package enum ComparisonOperator: String, CaseIterable, Hashable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

/// A value as it is written. A date is written as text, `"2026-01-31"`; the field decides what the text means.
package enum SegmentValue: Hashable, Sendable {
    case text(String)
    /// Always finite.
    case number(Double)
    case boolean(Bool)
}

/// So many calendar units before or after now, in the organization's zone.
package struct CalendarWindow: Hashable, Sendable {
    package enum Direction: String, Hashable, Sendable {
        /// `within N unit`
        case past
        /// `in next N unit`
        case next
    }

    package enum Unit: String, CaseIterable, Hashable, Sendable {
        case day, week, month, year
    }

    package var direction: Direction
    /// 1 … `SegmentLanguage.longestWindow`
    package var count: Int
    package var unit: Unit

    package init(_ direction: Direction, _ count: Int, _ unit: Unit) {
        self.direction = direction
        self.count = count
        self.unit = unit
    }
}

/// How many dated records of a kind meet a condition: `any(procedure where … within 2 years)`, `count(…) < 3`.
package struct RecordTerm: Hashable, Sendable {
    package enum Quantity: Hashable, Sendable {
        /// At least one.
        case some
        case count(ComparisonOperator, Int)
    }

    package var quantity: Quantity
    package var kind: DatedRecordKind
    package var condition: RecordCondition?
    package var window: CalendarWindow?

    package init(
        _ quantity: Quantity,
        _ kind: DatedRecordKind,
        where condition: RecordCondition? = nil,
        window: CalendarWindow? = nil
    ) {
        self.quantity = quantity
        self.kind = kind
        self.condition = condition
        self.window = window
    }
}

/// What is asked of one dated record.
package indirect enum RecordCondition: Hashable, Sendable {
    case all([RecordCondition])
    case any([RecordCondition])
    case not(RecordCondition)
    case field(SegmentRecordField, FieldTest)
}

package enum SegmentRecordField: String, CaseIterable, Hashable, Sendable {
    case code, display, status, value, unit, date
}

/// What happened with a person's messages: `opened(any) within 90 days`, `delivered("Flu shots")`.
package struct EngagementTerm: Hashable, Sendable {
    package enum Event: String, CaseIterable, Hashable, Sendable {
        case sent, delivered, opened, refused, clicked
    }

    package var event: Event
    /// The campaign's name; nil for any message.
    package var campaign: String?
    /// Always of the direction `past`.
    package var window: CalendarWindow?

    package init(_ event: Event, campaign: String? = nil, window: CalendarWindow? = nil) {
        self.event = event
        self.campaign = campaign
        self.window = window
    }
}

// A rule may hold a diagnosis: it does not print itself (invariant I8). `SegmentLanguage.print` gives its text.
extension SegmentExpression: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹segment›" }
    package var debugDescription: String { "‹segment›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SegmentExpression {
    /// The terms in the order in which they are written.
    package var terms: [SegmentTerm] {
        switch self {
        case .everyone: []
        case .all(let parts), .any(let parts): parts.flatMap(\.terms)
        case .not(let part): part.terms
        case .term(let term): [term]
        }
    }
}

/// The shape that person rules and record conditions share.
protocol BooleanTree {
    static func all(_ parts: [Self]) -> Self
    static func any(_ parts: [Self]) -> Self
    static func not(_ part: Self) -> Self
}

extension SegmentExpression: BooleanTree {}
extension RecordCondition: BooleanTree {}
