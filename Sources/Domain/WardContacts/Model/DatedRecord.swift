// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// What happened to a person on a day.
package enum DatedRecordKind: String, Sendable, Codable, CaseIterable, Hashable {
    case condition, medication, procedure, lab, immunization, encounter, appointment, purchase

    /// About health or care, for clinicians only; that something was booked or bought is administrative.
    package var isClinical: Bool { self != .appointment && self != .purchase }
}

/// One dated record: a diagnosis, a prescription, a result, a visit.
package struct DatedRecord: Hashable, Sendable {
    package var kind: DatedRecordKind
    /// In the source's code system (SNOMED CT, CVX, RxNorm, LOINC …); empty when the source gives none.
    package var code: String
    /// In words.
    package var display: String
    package var start: CalendarDate
    /// The moment, where the source gives one; `start` is its day as written there.
    package var startTime: Timestamp?
    /// Nil while it lasts, and for what has no end.
    package var end: CalendarDate?
    /// Such as `no-show`, `completed`; lower case.
    package var status: String?
    /// A result or an amount.
    package var value: AttributeValue?
    package var unit: String?

    package init(
        kind: DatedRecordKind,
        code: String,
        display: String,
        start: CalendarDate,
        startTime: Timestamp? = nil,
        end: CalendarDate? = nil,
        status: String? = nil,
        value: AttributeValue? = nil,
        unit: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.display = display
        self.start = start
        self.startTime = startTime
        self.end = end
        self.status = status
        self.value = value
        self.unit = unit
    }
}

extension DatedRecord: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹redacted \(kind.rawValue)›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
