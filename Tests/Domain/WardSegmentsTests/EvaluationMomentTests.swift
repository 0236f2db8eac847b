// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardKernel

@testable import WardSegments

@Suite struct EvaluationMomentTests {
    private func day(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    /// Whether both evaluations, which must agree, put the person in.
    private func holds(_ rule: String, _ person: PersonFacts, _ moment: EvaluationMoment) throws -> Bool {
        let segment = try SegmentChecker(.example).check(rule)
        let plain = PersonEvaluator(segment: segment, moment: moment, engagement: EngagementAnswers())
        var columns = SegmentColumns()
        columns.add(person)
        let selected = columns.selection(segment, at: moment, EngagementAnswers()).population == 1
        #expect(selected == plain.holds(for: person))
        return selected
    }

    private func person(
        _ attributes: [AttributeName: AttributeValue] = [:],
        _ records: [DatedRecord] = []
    ) -> PersonFacts {
        PersonFacts(contact: ContactID(high: 0, low: 1), attributes: attributes, records: records)
    }

    private func visit(_ date: CalendarDate, at time: Timestamp? = nil) -> PersonFacts {
        person([:], [DatedRecord(kind: .encounter, code: "1", display: "Visit", start: date, startTime: time)])
    }

    @Test func `a zone that the system does not have is refused`() {
        #expect(EvaluationMoment(now: Timestamp(seconds: 0), zone: "America/Atlantis") == nil)
    }

    @Test func `today is the day in the organization's zone`() throws {
        let moment = Timestamp(seconds: Int64(try day("2026-03-01").daysSince1970) * 86_400 + 3 * 3_600)
        #expect(EvaluationMoment(now: moment, zone: "America/Chicago")?.today == (try day("2026-02-28")))
        #expect(EvaluationMoment(now: moment, zone: "UTC")?.today == (try day("2026-03-01")))
        #expect(EvaluationMoment(now: moment, zone: "Pacific/Kiritimati")?.today == (try day("2026-03-01")))
    }

    @Test(arguments: [
        ("2024-01-14", false), ("2024-01-15", true), ("2026-01-15", true), ("2026-01-16", false),
    ])
    func `a window of years holds both its ends and not the future`(date: String, isInside: Bool) throws {
        let moment = EvaluationMoment.at("2026-01-15")
        #expect(try holds("any(encounter within 2 years)", visit(try day(date)), moment) == isInside)
        #expect(try holds("any(encounter where date within 2 years)", visit(try day(date)), moment) == isInside)
        #expect(
            try holds("enrolled_on within 2 years", person([.enrolledOn: .date(try day(date))]), moment) == isInside
        )
    }

    @Test(arguments: [
        // The zone puts its clocks forward on 8 March 2026: midnight of the 7th is six hours behind UTC, of the 9th five.
        ("2026-03-09", 2, "day", "2026-03-07T06:00:00.000Z"), ("2026-03-10", 1, "day", "2026-03-09T05:00:00.000Z"),
        ("2026-03-31", 1, "month", "2026-02-28T06:00:00.000Z"),
    ])
    func `a window of messages begins at midnight in the organization's zone and ends now`(
        today: String,
        count: Int,
        unit: String,
        start: String
    ) throws {
        let moment = EvaluationMoment.at(today, hour: 15, zone: "America/Chicago")
        let window = CalendarWindow(.past, count, try #require(CalendarWindow.Unit(rawValue: unit)))
        let period = moment.period(of: window)
        #expect("\(period.lowerBound)" == start)
        #expect("\(period.upperBound)" == "\(today)T15:00:59.999Z")
    }

    @Test func `a month back from the 31st is cut to the shorter month's last day`() throws {
        let moment = EvaluationMoment.at("2026-03-31")
        #expect(try holds("any(encounter within 1 month)", visit(try day("2026-02-28")), moment))
        #expect(try !holds("any(encounter within 1 month)", visit(try day("2026-02-27")), moment))
    }

    @Test func `a year back from 29 February is 28 February`() throws {
        let moment = EvaluationMoment.at("2028-02-29")
        #expect(try holds("any(encounter within 1 year)", visit(try day("2027-02-28")), moment))
        #expect(try !holds("any(encounter within 1 year)", visit(try day("2027-02-27")), moment))
    }

    @Test func `weeks and days are counted in days`() throws {
        let moment = EvaluationMoment.at("2026-03-31")
        #expect(try holds("any(encounter within 2 weeks)", visit(try day("2026-03-17")), moment))
        #expect(try !holds("any(encounter within 13 days)", visit(try day("2026-03-17")), moment))
    }

    @Test func `looking ahead begins now and ends with its last day`() throws {
        let moment = EvaluationMoment.at("2026-03-31")
        #expect(try holds("any(encounter in next 1 month)", visit(try day("2026-04-30")), moment))
        #expect(try !holds("any(encounter in next 1 month)", visit(try day("2026-05-01")), moment))
        #expect(try holds("any(encounter in next 1 month)", visit(try day("2026-03-31")), moment))
        #expect(try !holds("any(encounter in next 1 month)", visit(try day("2026-03-30")), moment))
    }

    @Test func `an appointment of this afternoon is ahead in the morning and past in the evening`() throws {
        let date = try day("2026-03-31")
        let afternoon = Timestamp(seconds: Int64(date.daysSince1970) * 86_400 + 15 * 3_600)
        for (hour, isPast) in [(9, false), (20, true)] {
            let moment = EvaluationMoment.at("2026-03-31", hour: hour)
            #expect(try holds("any(encounter within 1 day)", visit(date, at: afternoon), moment) == isPast)
            #expect(try holds("any(encounter in next 1 day)", visit(date, at: afternoon), moment) == !isPast)
        }
    }

    @Test(arguments: [
        ("2026-02-28", 17), ("2026-03-01", 18), ("2028-02-28", 19), ("2028-02-29", 20),
    ])
    func `a birthday on 29 February counts on 1 March`(today: String, age: Int) throws {
        let person = person([.birthDate: .date(try day("2008-02-29"))])
        let moment = EvaluationMoment.at(today)
        #expect(try holds("age = \(age)", person, moment))
        #expect(try holds("age between \(age) and \(age)", person, moment))
        #expect(try !holds("age > \(age)", person, moment))
        #expect(try !holds("age < \(age)", person, moment))
    }

    @Test func `age turns in the organization's zone, not in Greenwich`() throws {
        let person = person([.birthDate: .date(try day("2000-03-01"))])
        let early = Timestamp(seconds: Int64(try day("2026-03-01").daysSince1970) * 86_400 + 3 * 3_600)
        let chicago = try #require(EvaluationMoment(now: early, zone: "America/Chicago"))
        let greenwich = try #require(EvaluationMoment(now: early, zone: "UTC"))
        #expect(try holds("age = 25", person, chicago))
        #expect(try holds("age = 26", person, greenwich))
    }

    @Test func `text is compared without case and accents, a code exactly`() throws {
        let moment = EvaluationMoment.at("2026-03-31")
        let person = person(
            [.city: .text("  São PAULO ")],
            [DatedRecord(kind: .lab, code: "4548-4a", display: "Café", start: try day("2026-01-01"))]
        )
        #expect(try holds("city = \"sao paulo\" and city contains \"ÃO\" and city starts with \"SÃ\"", person, moment))
        #expect(try holds("any(lab where code = \"4548-4a\" and display = \"CAFE\")", person, moment))
        #expect(try !holds("any(lab where code = \"4548-4A\")", person, moment))
    }
}

extension AttributeName {
    fileprivate static let enrolledOn = AttributeName(rawValue: "enrolled_on") ?? .source
}
