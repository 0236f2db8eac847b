// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

@testable import WardSegments

/// Random people over the same small worlds of values as `RandomExpressions`, with gaps and values of the wrong kind.
struct RandomPeople {
    var random: RandomExpressions

    init(seed: UInt64) { random = RandomExpressions(seed: seed) }

    mutating func person(_ number: Int) -> PersonFacts {
        var person = PersonFacts(contact: ContactID(high: 7, low: UInt64(number)), attributes: attributes())
        person.records = (0..<Int.random(in: 0...6, using: &random.generator)).map { _ in record() }
        for list in SegmentCatalogue.exampleLists.values.sorted() where random.chance(30) { person.lists.insert(list) }
        return person
    }

    private mutating func attributes() -> [AttributeName: AttributeValue] {
        var attributes: [AttributeName: AttributeValue] = [:]
        func set(_ name: String, _ value: AttributeValue) {
            AttributeName(rawValue: name).map { attributes[$0] = value }
        }
        if random.chance(85) {
            set(
                "birth_date",
                .date(CalendarDate(daysSince1970: Int.random(in: -15_000...21_500, using: &random.generator)))
            )
        }
        if random.chance(80) {
            set("city", .text(random.pick(RandomExpressions.cities + ["sao paulo ", "", "Lincoln"])))
        }
        if random.chance(80) { set("sex", .code(random.pick(["female", "male", "Female"]))) }
        if random.chance(70) { set("enrolled_on", .date(random.day())) }
        if random.chance(70) { set("score", .number(Double(Int.random(in: -3...3, using: &random.generator)))) }
        if random.chance(70) { set("smoker", .boolean(random.chance(50))) }
        if random.chance(5) { set("score", .text("7")) }
        return attributes
    }

    private mutating func record() -> DatedRecord {
        var record = DatedRecord(
            kind: random.pick([.procedure, .lab, .appointment, .condition]),
            code: random.pick(RandomExpressions.codes + [""]),
            display: random.pick(RandomExpressions.displays + ["", "CAFÉ"]),
            start: random.day()
        )
        if random.chance(30) {
            let minutes = Int64.random(in: 0..<1_440, using: &random.generator)
            record.startTime = Timestamp(seconds: Int64(record.start.daysSince1970) * 86_400 + minutes * 60)
        }
        if random.chance(60) { record.status = random.pick(RandomExpressions.statuses) }
        if random.chance(60) {
            record.value = random.pick([.number(7), .number(6.5), .text("7"), .text("Positive"), .boolean(true)])
        }
        if random.chance(50) { record.unit = random.pick(["mg/dL", "%"]) }
        return record
    }
}
