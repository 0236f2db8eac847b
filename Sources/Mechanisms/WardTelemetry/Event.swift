// SPDX-License-Identifier: Apache-2.0

/// The name of something that happened, dotted and lower case, such as `delivery.attempt_failed`.
///
/// Each name is declared once, in `EventCatalogue.swift`, with what it means; the operators' reference is made from there.
package struct EventName: Hashable, Sendable {
    package let text: StaticString

    init(_ text: StaticString) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool { left.description == right.description }
    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension EventName: CustomStringConvertible {
    package var description: String { text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}

/// What may stand beside an event. There is no case for free text: a log line cannot hold a patient's data by accident
/// (invariant I8).
package enum EventField: Sendable {
    /// A random identifier of a row.
    case identifier(StaticString, [UInt8])
    case count(StaticString, Int)
    case milliseconds(StaticString, Duration)
    /// A word fixed in the source: a state, a reason code, a route's template.
    case word(StaticString, StaticString)
    /// The type of an error, never its description.
    case errorType(any Error)
    /// A code from a fixed list whose cases are fixed in the source, such as an enumeration's raw value.
    case code(StaticString, any (RawRepresentable<String> & Sendable))
    /// A numeric code: an SMTP or HTTP status.
    case status(StaticString, Int)
}

/// How much an operator should care.
package enum EventLevel: String, Sendable, Comparable, CaseIterable {
    case debug, info, notice, warning, error

    package static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}
