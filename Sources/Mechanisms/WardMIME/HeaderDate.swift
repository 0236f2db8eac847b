// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// RFC 5322 section 3.3: `Tue, 24 Nov 2026 03:10:49 +0000`, always in UTC.
enum HeaderDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func text(_ moment: Timestamp) -> String {
        let seconds = Int((Double(moment.microseconds) / 1_000_000).rounded(.down))
        var days = seconds / 86_400
        var within = seconds % 86_400
        if within < 0 {
            within += 86_400
            days -= 1
        }
        let date = CalendarDate(daysSince1970: days)
        let weekday = weekdays[((days % 7) + 7) % 7]
        let clock = [within / 3_600, within / 60 % 60, within % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(weekday), \(date.day) \(months[date.month - 1]) \(date.year) \(clock.joined(separator: ":")) +0000"
    }
}
