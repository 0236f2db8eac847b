// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardPortal

@Suite struct RecognitionTests {
    private let now = Timestamp(seconds: 1_795_485_600)

    @Test func `the fifth wrong attempt locks and staff is told once`() {
        var recognition = Recognition()
        for left in [4, 3, 2, 1] {
            check(recognition.reserve(at: now), .granted)
            check(recognition.conclude(matches: false, at: now), .wrong(left: left))
        }
        check(recognition.reserve(at: now), .granted)
        check(recognition.conclude(matches: false, at: now), .lockedNow)
        #expect(recognition.lockedAt == now)
        check(recognition.reserve(at: now), .locked)
        recognition.unlock()
        check(recognition.reserve(at: now), .granted)
    }

    @Test func `attempts that were never concluded are used up, and the next one locks visibly`() {
        var recognition = Recognition()
        for _ in 1...5 { check(recognition.reserve(at: now), .granted) }
        check(recognition.reserve(at: now), .lockedNow)
        #expect(recognition.isLocked)
        check(recognition.reserve(at: now), .locked)
        check(recognition.conclude(matches: true, at: now), .locked)
        recognition.unlock()
        check(recognition.reserve(at: now), .granted)
    }

    @Test func `a right answer that arrives after the lock is not let in`() {
        var recognition = Recognition()
        for _ in 1...5 { _ = recognition.reserve(at: now) }
        check(recognition.conclude(matches: false, at: now), .lockedNow)
        check(recognition.conclude(matches: true, at: now), .locked)
    }

    /// Random schedules of concurrent attempts, unlocks and answers against a model that counts comparisons.
    @Test(arguments: 0..<200)
    func `between two right answers there are never more than five comparisons`(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var recognition = Recognition()
        var inFlight = 0
        var comparisons = 0
        var told = 0
        var locks = 0
        for _ in 0..<400 {
            switch generator.next() % 8 {
            case 0...3:
                let reservation = recognition.reserve(at: now)
                if reservation == .lockedNow {
                    told += 1
                    locks += 1
                }
                guard reservation == .granted else { continue }
                inFlight += 1
                comparisons += 1
                #expect(comparisons <= Recognition.maximumAttempts)
            case 4...6 where inFlight > 0:
                inFlight -= 1
                let matches = generator.next() % 5 == 0
                switch recognition.conclude(matches: matches, at: now) {
                case .recognised: comparisons = 0
                case .lockedNow:
                    told += 1
                    locks += 1
                case .locked: #expect(recognition.isLocked)
                case .wrong(let left): #expect((1...4).contains(left))
                }
            case 7 where generator.next() % 10 == 0:
                recognition.unlock()
                comparisons = 0
            default: continue
            }
            #expect((0...5).contains(recognition.attempts))
        }
        #expect(told == locks)
    }
}

@Suite struct MessageLifeTests {
    private let start = Timestamp(seconds: 1_795_485_600)

    @Test func `a message that expired or was taken back is not read`() {
        var life = MessageLife(expiresAt: start + .days(60))
        #expect(life.standing(at: start) == .waiting)
        check(life.read(at: start + .days(60)), false)
        #expect(life.openedAt == nil)
        check(life.retract(at: start + .days(1)), true)
        #expect(life.standing(at: start + .days(1)) == .retracted)
        check(life.read(at: start + .days(2)), false)
        check(life.retract(at: start + .days(2)), false)
    }

    @Test func `only the first reading sets the time`() {
        var life = MessageLife(expiresAt: start + .days(60))
        check(life.read(at: start + .hours(1)), true)
        check(life.read(at: start + .hours(5)), true)
        #expect(life.openedAt == start + .hours(1))
        #expect(life.standing(at: start + .hours(5)) == .opened)
        #expect(life.standing(at: start + .days(61)) == .expired)
    }

    @Test func `a visit ends after thirty idle minutes or twelve hours`() {
        let limits = VisitLimits()
        func isOn(began: Duration, lastUsed: Duration, now: Duration) -> Bool {
            limits.isOn(began: start + began, lastUsed: start + lastUsed, ended: nil, now: start + now)
        }
        #expect(isOn(began: .zero, lastUsed: .zero, now: .minutes(30)))
        #expect(!isOn(began: .zero, lastUsed: .zero, now: .minutes(30) + .seconds(1)))
        #expect(isOn(began: .zero, lastUsed: .minutes(700), now: .hours(12)))
        #expect(!isOn(began: .zero, lastUsed: .minutes(719), now: .hours(12) + .seconds(1)))
        #expect(!limits.isOn(began: start, lastUsed: start, ended: start, now: start))
    }

    @Test func `what opens a restricted message opens a routine one, not the other way round`() {
        #expect(RecognitionFact.passphrase >= .birthDate)
        #expect(!(RecognitionFact.birthDate >= .passphrase))
        #expect(RecognitionFact.birthDate >= .birthDate)
    }
}

@Suite struct PortalTokenTests {
    private let organization = OrganizationID(high: 0x0123_4567_89ab_7def, low: 0x8000_0000_0000_0001)

    private func surroundings(seed: UInt64) -> Surroundings {
        Surroundings(
            now: { Timestamp(seconds: 0) },
            randomBytes: { count in
                var generator = SplitMix(seed: seed)
                return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            },
            wait: { _ in }
        )
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 42), String(repeating: "A", count: 44), "é"])
    func `what is not a token is refused`(text: String) {
        #expect(PortalToken(text) == nil)
        // 43 characters with a bit set beyond the last octet are a second spelling of another token.
        #expect(PortalToken(String(repeating: "A", count: 42) + "B") == nil)
        #expect(PortalToken(String(repeating: "A", count: 42) + "=") == nil)
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `a token comes back from its text and says its organization`(seed: UInt64) throws {
        let token = PortalToken(for: organization, surroundings: surroundings(seed: seed))
        let text = token.secretText
        #expect(text.utf8.count == 43)
        #expect(try #require(PortalToken(text)) == token)
        #expect(token.organization == organization)
        #expect(token.hash(as: .link) != token.hash(as: .visit))
        #expect(!"\(token) \(String(reflecting: token))".contains(text))
    }
}

@Suite struct BirthDateAnswerTests {
    @Test(arguments: [
        ("", "", ""), ("31", "2", "1980"), ("1", "1", "80"), ("x", "1", "1980"), ("1", "ma", "1980"),
        ("29", "2", "1981"), ("1", "13", "1980"), ("12345", "1", "1980"),
    ])
    func `what is no date is not an answer`(day: String, month: String, year: String) {
        #expect(BirthDateAnswer(day: day, month: month, year: year) == nil)
    }

    @Test(arguments: [(" 7 ", "3", "1980"), ("07", "03", "1980"), ("7", "March", "1980"), ("7", "marzo", "1 980")])
    func `usual ways to write a date are understood`(day: String, month: String, year: String) {
        #expect(BirthDateAnswer(day: day, month: month, year: year)?.date == CalendarDate(year: 1980, month: 3, day: 7))
    }

    @Test func `comparing takes the whole value`() {
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 0]))
        #expect(!ConstantTime.equal([], [0]))
    }
}

/// A seeded generator (Steele, Lea and Flood 2014), so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Compares what a mutating call answers, which `#expect` cannot call.
func check<Value: Equatable>(_ answer: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(answer == expected, sourceLocation: sourceLocation)
}
