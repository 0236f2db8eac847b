// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel

/// Moments and days as pages show them, in the organization's time zone. Names of zones come from the system's tzdata;
/// an unknown name falls back to UTC, which the text then says.
package struct Times: Sendable {
    package let zoneName: String
    private let zone: TimeZone
    private let language: Language

    package init(zone name: String, language: Language) {
        let known = TimeZone(identifier: name)
        zone = known ?? .gmt
        zoneName = known == nil ? "UTC" : name
        self.language = language
    }

    /// `24 Nov 2026, 14:02`
    package func moment(_ time: Timestamp) -> String { "\(day(date(of: time))), \(clock(time))" }

    /// `24 Nov 2026, 14:02 CST`: where the zone matters.
    package func momentWithZone(_ time: Timestamp) -> String { "\(moment(time)) \(abbreviation(at: time))" }

    /// `14:02`
    package func clock(_ time: Timestamp) -> String {
        let second = secondOfDay(time)
        return "\(padded(second / 3_600)):\(padded(second / 60 % 60))"
    }

    /// `14:02:33`
    package func clockWithSeconds(_ time: Timestamp) -> String { "\(clock(time)):\(padded(secondOfDay(time) % 60))" }

    /// `24 Nov 2026`
    package func day(_ date: CalendarDate) -> String {
        "\(date.day) \(Self.shortMonths(language)[date.month - 1]) \(date.year)"
    }

    /// `24 November 2026`, in Spanish `24 de noviembre de 2026`.
    package func longDay(_ date: CalendarDate) -> String {
        let month = Self.months(language)[date.month - 1]
        return language == .spanish
            ? "\(date.day) de \(month) de \(date.year)" : "\(date.day) \(month) \(date.year)"
    }

    /// The day on which the moment falls here.
    package func date(of time: Timestamp) -> CalendarDate {
        CalendarDate(daysSince1970: Int((Double(localSeconds(time)) / 86_400).rounded(.down)))
    }

    /// The moment at which a day's wall clock shows the minutes after midnight here; in a gap or overlap of daylight
    /// saving, the offset that holds an hour before decides.
    package func moment(on date: CalendarDate, minutes: Int) -> Timestamp {
        let wall = Int64(date.daysSince1970) * 86_400 + Int64(minutes) * 60
        let guess = wall - Int64(offset(at: wall))
        return Timestamp(seconds: wall - Int64(offset(at: guess)))
    }

    /// RFC 3339 in UTC, for `<time datetime>` and titles.
    package func exact(_ time: Timestamp) -> String { time.description }

    private func abbreviation(at time: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000)
        return zone.abbreviation(for: date) ?? zoneName
    }

    private func offset(at seconds: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }

    private func localSeconds(_ time: Timestamp) -> Int64 {
        let seconds = Int64((Double(time.microseconds) / 1_000_000).rounded(.down))
        return seconds + Int64(offset(at: seconds))
    }

    private func secondOfDay(_ time: Timestamp) -> Int {
        Int(localSeconds(time)) - date(of: time).daysSince1970 * 86_400
    }

    private func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func months(_ language: Language) -> [String] {
        switch language {
        case .english:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            ]
        case .spanish:
            [
                "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                "noviembre", "diciembre",
            ]
        }
    }

    private static func shortMonths(_ language: Language) -> [String] { months(language).map { String($0.prefix(3)) } }
}
