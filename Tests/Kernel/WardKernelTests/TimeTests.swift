// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@Suite struct TimeTests {
    @Test(arguments: [
        (2026, 2, 29), (2026, 13, 1), (2026, 0, 1), (2026, 4, 31), (0, 1, 1), (10_000, 1, 1), (1900, 2, 29),
    ])
    func `a day that the calendar does not have is refused`(year: Int, month: Int, day: Int) {
        #expect(CalendarDate(year: year, month: month, day: day) == nil)
    }

    @Test(arguments: ["2026-2-01", "26-02-01", "2026/02/01", "2026-02-01T00:00", "", "2026-02", "2026-02-30"])
    func `text that is not a day is refused`(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func `every day of four centuries comes back from its number`() throws {
        var day = try #require(CalendarDate("1800-01-01"))
        let last = try #require(CalendarDate("2200-12-31"))
        var number = day.daysSince1970
        while day <= last {
            #expect(day.daysSince1970 == number)
            #expect(CalendarDate(day.description) == day)
            number += 1
            day = CalendarDate(daysSince1970: number)
        }
        #expect(CalendarDate(daysSince1970: 0).description == "1970-01-01")
    }

    @Test func `age is whole years, and 29 February counts on 1 March`() throws {
        let leapling = try #require(CalendarDate("2004-02-29"))
        #expect(leapling.age(on: try #require(CalendarDate("2026-02-28"))) == 21)
        #expect(leapling.age(on: try #require(CalendarDate("2026-03-01"))) == 22)
        #expect(leapling.age(on: try #require(CalendarDate("2024-02-29"))) == 20)
        #expect(leapling.age(on: try #require(CalendarDate("2004-02-28"))) == 0)
    }

    @Test func `months are added by the calendar and cut to the month's last day`() throws {
        let end = try #require(CalendarDate("2026-01-31"))
        #expect(end.adding(months: 1).description == "2026-02-28")
        #expect(end.adding(months: -23).description == "2024-02-29")
        #expect(end.adding(months: 12).description == "2027-01-31")
    }

    @Test func `a timestamp reads as RFC 3339 in UTC, before 1970 too`() {
        #expect(Timestamp(microseconds: 1_780_000_000_123_456).description == "2026-05-28T20:26:40.123Z")
        #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }
}
