// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardKernel

@testable import WardDemo

@Suite struct SyntheticPeopleTests {
    private let people: [SyntheticPerson]
    private let today: CalendarDate

    init() throws {
        today = try #require(CalendarDate("2026-11-24"))
        people = Array(SyntheticPeople(seed: 7, count: 1_500, today: today))
    }

    private func text(_ name: AttributeName, _ person: SyntheticPerson) -> String? {
        switch person.facts.attributes[name] {
        case .text(let text), .code(let text): text
        default: nil
        }
    }

    private func birth(_ person: SyntheticPerson) throws -> CalendarDate {
        guard case .date(let date)? = person.facts.attributes[.birthDate] else {
            throw TestFailure("a person has no birth date")
        }
        return date
    }

    @Test func `the same seed gives the same people, and more of them begin with the same`() {
        #expect(Array(SyntheticPeople(seed: 7, count: 1_500, today: today)) == people)
        #expect(Array(SyntheticPeople(seed: 7, count: 400, today: today)) == Array(people.prefix(400)))
        #expect(Array(SyntheticPeople(seed: 8, count: 400, today: today)) != Array(people.prefix(400)))
        #expect(people.count == 1_500)
        #expect(Array(SyntheticPeople(seed: 7, count: 0, today: today)).isEmpty)
    }

    @Test func `nothing happens to anybody before birth or after death, and only appointments lie ahead`() throws {
        for person in people {
            let birth = try birth(person)
            var last = today
            if case .date(let death)? = person.facts.attributes[.deathDate] {
                #expect(person.facts.isDeceased && death > birth && death <= today)
                last = death
            }
            for record in person.facts.records {
                #expect(record.start >= birth)
                #expect(record.start <= last || record.kind == .appointment && !person.facts.isDeceased)
                if let end = record.end { #expect(end >= record.start && end <= last) }
            }
        }
    }

    @Test func `records fit the sex and age of the person`() throws {
        for person in people {
            let age = try birth(person).age(on: today)
            let codes = Set(person.facts.records.map(\.code))
            if text(.sex, person) == "male" {
                #expect(codes.isDisjoint(with: ["71651007", "72892002", "171149006", "11466000"]))
            }
            if text(.sex, person) == "female" { #expect(codes.isDisjoint(with: ["399068003", "266569009"])) }
            if age < 18 { #expect(codes.isDisjoint(with: ["71651007", "73761001", "26929004", "187"])) }
        }
    }

    @Test func `the people are plausible as a whole`() throws {
        let ages = try people.map { try birth($0).age(on: today) }
        #expect((250...480).contains(ages.count { $0 < 18 }))
        #expect((150...380).contains(ages.count { $0 >= 65 }))
        #expect((650...850).contains(people.count { text(.sex, $0) == "female" }))
        #expect((5...60).contains(people.count { $0.facts.isDeceased }))
        #expect((20...150).contains(people.count { text(.email, $0) == nil }))
        #expect(Set(people.compactMap { text(.race, $0) }) == ["white", "black", "asian", "native", "other"])
        #expect(Set(people.compactMap { text(.language, $0) }).isSuperset(of: ["en", "es"]))
        let kinds = Set(people.flatMap { $0.facts.records.map(\.kind) })
        #expect(kinds == Set(DatedRecordKind.allCases))
        let noShows = people.flatMap(\.facts.records).count { $0.status == "no-show" }
        #expect((80...700).contains(noShows))
    }

    @Test func `families share an address, children a mailbox, and there are twins`() throws {
        let byAddress = Dictionary(grouping: people) { (text(.address, $0) ?? "") + (text(.zip, $0) ?? "") }
        #expect(byAddress.values.count { $0.count >= 2 } > 200)
        let mailboxes = Dictionary(grouping: people.filter { text(.email, $0) != nil }) { text(.email, $0) ?? "" }
        #expect(mailboxes.values.contains { $0.count >= 2 })
        let twins = try byAddress.values.filter { family in
            try Set(family.map { try birth($0) }).count < family.count
        }
        #expect(twins.count >= 3)
    }

    @Test func `addresses can be written to and phones cannot reach anybody`() throws {
        for person in people {
            if let email = text(.email, person) {
                let address = try #require(EmailAddress(email))
                #expect(address.domain.hasSuffix(".example"))
            }
            if let phone = text(.phone, person) { #expect(phone.contains(") 555-01")) }
        }
        #expect(Set(people.map(\.recordNumber)).count == people.count)
        let elsewhere = SyntheticPeople(
            seed: 7,
            count: 50,
            today: today,
            domains: [SyntheticDomain("a.example", weight: 1)]
        )
        #expect(elsewhere.allSatisfy { text(.email, $0)?.hasSuffix("@a.example") ?? true })
    }

    @Test func `the files have a cell for each column, quoted where needed`() {
        let columns = PeopleCSV.peopleHeader.split(separator: ",").count
        for person in people.prefix(200) {
            let line = PeopleCSV.line(of: person)
            #expect(line.hasSuffix("\r\n"))
            #expect(line.split(separator: ",", omittingEmptySubsequences: false).count >= columns)
        }
        let flu = people.lazy.map { PeopleCSV.lines(of: $0, kind: .immunization) }.first { $0.contains(",140,") }
        #expect(flu?.contains("\"Influenza, seasonal, injectable, preservative free\"") == true)
        #expect(PeopleCSV.fileName(of: .condition) == "conditions.csv")
    }
}

private struct TestFailure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
