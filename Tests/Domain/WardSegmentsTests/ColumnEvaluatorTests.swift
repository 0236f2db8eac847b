// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardKernel

@testable import WardSegments

@Suite struct ColumnEvaluatorTests {
    private let moment = EvaluationMoment.at("2026-02-14", hour: 15, zone: "America/Chicago")

    private func people(_ count: Int, seed: UInt64) -> [PersonFacts] {
        var random = RandomPeople(seed: seed)
        return (0..<count).map { random.person($0) }
    }

    private func engagement(for expression: SegmentExpression, among people: [PersonFacts]) -> EngagementAnswers {
        var answers = EngagementAnswers()
        for case .engagement(let term) in expression.terms {
            let every = term.campaign == nil ? 3 : 5
            answers.people[term] = Set(people.map(\.contact).filter { $0.low % UInt64(every) == 0 })
        }
        return answers
    }

    /// The contacts that the columns and the plain evaluation disagree on.
    private func disagreements(
        _ columns: SegmentColumns,
        _ people: [PersonFacts],
        seed: UInt64,
        rules: Int
    ) throws -> [String] {
        var random = RandomExpressions(seed: seed)
        let checker = SegmentChecker(.example)
        var found: [String] = []
        for _ in 0..<rules {
            let segment = try checker.check(random.expression())
            let answers = engagement(for: segment.expression, among: people)
            let plain = PersonEvaluator(segment: segment, moment: moment, engagement: answers)
            let selected = columns.selection(segment, at: moment, answers)
            for person in people {
                let ordinal = try #require(columns.ordinal(of: person.contact))
                if selected[ordinal] != plain.holds(for: person) {
                    found.append("\(person.contact.low): \(SegmentLanguage.print(segment.expression))")
                }
            }
            if selected.population != people.count(where: { plain.holds(for: $0) }) { found.append("population") }
        }
        return found
    }

    @Test(arguments: 1...4) func `columns and a plain evaluation agree on everybody`(seed: UInt64) throws {
        let people = people(150, seed: seed)
        var columns = SegmentColumns()
        for person in people { columns.add(person) }
        #expect(try disagreements(columns, people, seed: seed, rules: 400).prefix(3) == [])
    }

    @Test(arguments: 11...13) func `they still agree after people changed, came and went`(seed: UInt64) throws {
        var current = people(120, seed: seed)
        var columns = SegmentColumns()
        for person in current { columns.add(person) }
        var random = RandomPeople(seed: seed &+ 100)
        for round in 0..<5 {
            var changed: [PersonFacts] = []
            for place in current.indices where random.random.chance(20) {
                current[place] = random.person(Int(current[place].contact.low))
                changed.append(current[place])
            }
            let newcomer = random.person(1_000 + round)
            let leaver = current.removeLast()
            current.append(newcomer)
            changed.removeAll { $0.contact == leaver.contact }
            columns.replace(changed + [newcomer], removing: [leaver.contact])
            #expect(columns.population == current.count)
            #expect(try disagreements(columns, current, seed: seed &+ UInt64(round), rules: 60).prefix(3) == [])
        }
    }

    @Test func `somebody whose value is missing is in neither a comparison nor its opposite, but in its negation`()
        throws
    {
        let nobody = PersonFacts(contact: ContactID(high: 0, low: 1), attributes: [:])
        var columns = SegmentColumns()
        columns.add(nobody)
        func count(_ text: String) throws -> Int {
            columns.selection(try SegmentChecker(.example).check(text), at: moment, EngagementAnswers()).population
        }
        #expect(try count("sex = \"female\"") == 0)
        #expect(try count("sex != \"female\"") == 0)
        #expect(try count("not sex = \"female\"") == 1)
        #expect(try count("sex is missing") == 1)
        #expect(try count("not age > 4 and not age <= 4") == 1)
        #expect(try count("age is missing") == 1)
        #expect(try count("count(lab) = 0") == 1)
        #expect(try count("any(lab where not value > 4)") == 0)
        #expect(try count("everyone") == 1)
    }
}
