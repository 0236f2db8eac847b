// SPDX-License-Identifier: Apache-2.0

package import WardContacts
package import WardKernel

/// An invented person: what an import would bring.
package struct SyntheticPerson: Hashable, Sendable {
    /// `LH-0000001`
    package var recordNumber: String
    package var facts: PersonFacts
}

/// An e-mail domain of the demonstration and how many of a hundred or so people use it.
package struct SyntheticDomain: Hashable, Sendable {
    package var name: String
    package var weight: Int

    package init(_ name: String, weight: Int) {
        self.name = name
        self.weight = weight
    }

    /// The domains of the demonstration's mail world.
    package static let mailWorld: [SyntheticDomain] = [
        SyntheticDomain("tls.example", weight: 84), SyntheticDomain("plain.example", weight: 6),
        SyntheticDomain("othername.example", weight: 3), SyntheticDomain("slow.example", weight: 2),
        SyntheticDomain("greylist.example", weight: 3), SyntheticDomain("refusing.example", weight: 2),
    ]
}

/// Invented people, household after household: the same seed gives the same people, and the first thousand of ten
/// thousand are those of a thousand. Families share an address, children their parents' mailbox, some are twins, a few
/// have died or have no e-mail.
package struct SyntheticPeople: Sequence, Sendable {
    package let seed: UInt64
    package let count: Int
    /// The day on which the data is as it is.
    package let today: CalendarDate
    let domains: [(String, Int)]

    /// - Parameters:
    ///   - domains: Where mailboxes are, by weight; with none, nobody has e-mail.
    ///   - today: Nothing but appointments and later doses lies after this day.
    package init(
        seed: UInt64,
        count: Int,
        today: CalendarDate,
        domains: [SyntheticDomain] = SyntheticDomain.mailWorld
    ) {
        self.seed = seed
        self.count = Swift.max(0, count)
        self.today = today
        self.domains = domains.filter { $0.weight > 0 }.map { ($0.name, $0.weight) }
    }

    package func makeIterator() -> Iterator { Iterator(people: self) }

    package struct Iterator: IteratorProtocol, Sendable {
        private let people: SyntheticPeople
        private var household: UInt64 = 0
        private var made = 0
        private var waiting: [SyntheticPerson] = []

        init(people: SyntheticPeople) { self.people = people }

        package mutating func next() -> SyntheticPerson? {
            guard made < people.count else { return nil }
            if waiting.isEmpty {
                var maker = HouseholdMaker(people: people, household: household, firstNumber: made + 1)
                waiting = maker.make().reversed()
                household += 1
            }
            made += 1
            return waiting.popLast()
        }
    }
}
