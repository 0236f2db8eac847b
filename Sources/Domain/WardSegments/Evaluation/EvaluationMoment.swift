// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel

/// The now of one evaluation, in the organization's zone: what windows and ages are counted from.
package struct EvaluationMoment: Hashable, Sendable {
    /// The day in the organization's zone.
    package let today: CalendarDate
    /// Whole minutes since 1970-01-01T00:00Z: the precision with which records of today are past or still to come.
    package let minute: Int64
    private let zone: TimeZone

    /// - Parameter zone: A name of the time zone database, such as `America/Chicago`. Nil when the system has none of
    ///   this name.
    package init?(now: Timestamp, zone: String) {
        guard let zone = TimeZone(identifier: zone) else { return nil }
        let seconds = now.microseconds.flooredQuotient(by: 1_000_000)
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        today = CalendarDate(daysSince1970: Int((seconds + Int64(offset)).flooredQuotient(by: 86_400)))
        minute = Self.minute(of: now)
        self.zone = zone
    }

    static func minute(of moment: Timestamp) -> Int64 { moment.microseconds.flooredQuotient(by: 60_000_000) }

    /// The first and the last day of a window, both included.
    func days(of window: CalendarWindow) -> ClosedRange<CalendarDate> {
        let count = window.direction == .past ? -window.count : window.count
        let far =
            switch window.unit {
            case .day: today.adding(days: count)
            case .week: today.adding(days: count * 7)
            case .month: today.adding(months: count)
            case .year: today.adding(months: count * 12)
            }
        return window.direction == .past ? far...today : today...far
    }

    /// The window from the first instant of its first day in the organization's zone to the last of this minute; one that
    /// looks ahead begins with this minute and ends with its last day.
    func period(of window: CalendarWindow) -> ClosedRange<Timestamp> {
        let days = days(of: window)
        let thisMinute = Timestamp(microseconds: minute * 60_000_000)
        switch window.direction {
        case .past: return min(start(of: days.lowerBound), thisMinute)...(thisMinute + .seconds(60) - .microseconds(1))
        case .next:
            let end = start(of: days.upperBound.adding(days: 1)) - .microseconds(1)
            return thisMinute...max(thisMinute, end)
        }
    }

    /// The first instant of a day in the organization's zone: midnight, but where clocks are put forward at midnight.
    private func start(of day: CalendarDate) -> Timestamp {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = DateComponents(year: day.year, month: day.month, day: day.day)
        let start = calendar.date(from: parts).map { calendar.startOfDay(for: $0) } ?? .distantPast
        return Timestamp(seconds: Int64(max(start.timeIntervalSince1970, -62_135_596_800)))
    }

    /// Whether a record at this minute (nil when only its day is known) lies on the window's side of now.
    func isOnSide(of window: CalendarWindow, minute recordMinute: Int64?) -> Bool {
        guard let recordMinute else { return true }
        return window.direction == .past ? recordMinute <= minute : recordMinute >= minute
    }

    /// The latest birthday of somebody who is so old today or older; nil when nobody can be.
    func latestBirth(ofAge age: Int) -> CalendarDate? {
        guard age > 0 else { return CalendarDate(year: 9_999, month: 12, day: 31) }
        // On 29 February the birthday in a common year is the last before 1 March.
        return CalendarDate(year: today.year - age, month: today.month, day: today.day)
            ?? CalendarDate(year: today.year - age, month: today.month, day: today.day - 1)
    }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
