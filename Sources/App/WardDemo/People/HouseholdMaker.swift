// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// Makes the people of one household.
struct HouseholdMaker {
    let people: SyntheticPeople
    let firstNumber: Int
    var random: SeededRandom
    private let background: Background
    private let town: Town
    private var members: [SyntheticPerson] = []

    init(people: SyntheticPeople, household: UInt64, firstNumber: Int) {
        self.people = people
        self.firstNumber = firstNumber
        var random = SeededRandom(seed: people.seed, stream: household)
        background = random.weighted(Background.all.map { ($0, $0.weight) })
        town = random.weighted(Town.all.map { ($0, $0.weight) })
        self.random = random
    }

    /// What the members of a household have in common.
    private struct Home {
        var address: String
        var zip: String
        var family: String
        var parentEmail: String?
    }

    /// Who a member is to be.
    private struct Role {
        var age: Int
        var sex: String
        var marital: String
        /// A child of the household, with its birthday when it shares that with a twin.
        var isChild = false
        var birth: CalendarDate?
    }

    mutating func make() -> [SyntheticPerson] {
        let headAge =
            random.weighted([(24, 14), (34, 18), (44, 17), (54, 17), (64, 16), (74, 11), (84, 6), (93, 1)])
            - random.below(10)
        let hasPartner = headAge >= 22 && random.percent(headAge > 76 ? 38 : 56)
        var home = Home(address: address(), zip: random.pick(town.zips), family: random.pick(background.families))
        let headSex = random.percent(51) ? "female" : "male"
        let marital = hasPartner ? (random.percent(88) ? "married" : "partner") : single(age: headAge)
        add(Role(age: max(18, headAge), sex: headSex, marital: marital), home)
        if hasPartner {
            let isSameSex = random.percent(4)
            let sex = isSameSex == (headSex == "female") ? "female" : "male"
            var partnerHome = home
            if random.percent(18) { partnerHome.family = random.pick(background.families) }
            add(Role(age: max(19, headAge + random.int(-5...5)), sex: sex, marital: marital), partnerHome)
        }
        home.parentEmail = email(of: members.first)
        addChildren(of: headAge, hasPartner: hasPartner, home)
        return members
    }

    private mutating func addChildren(of headAge: Int, hasPartner: Bool, _ home: Home) {
        guard (21...56).contains(headAge) else { return }
        let count = random.weighted(hasPartner ? [(0, 30), (1, 26), (2, 29), (3, 15)] : [(0, 66), (1, 20), (2, 14)])
        let oldest = min(19, headAge - 20)
        let hasTwins = count >= 2 && random.percent(6)
        var twinBirth: CalendarDate?
        for number in 0..<count {
            let age = random.below(oldest + 1)
            var role = Role(age: age, sex: random.percent(49) ? "female" : "male", marital: "single", isChild: age < 18)
            if hasTwins, number < 2 {
                let birth = twinBirth ?? birthday(age: min(age, 16))
                twinBirth = birth
                role.birth = birth
                role.age = birth.age(on: people.today)
                role.isChild = true
            }
            add(role, home)
        }
    }

    private mutating func add(_ role: Role, _ home: Home) {
        let number = firstNumber + members.count
        let recordNumber = "LH-" + String(repeating: "0", count: max(0, 7 - String(number).count)) + String(number)
        let birth = role.birth ?? birthday(age: role.age)
        var given = random.pick(role.sex == "female" ? background.women : background.men)
        while members.contains(where: { $0.facts.attributes[.givenName] == .text(given) }) {
            given += "-" + random.pick(role.sex == "female" ? background.women : background.men)
        }
        let death = deathDay(age: role.age, birth: birth)
        var facts = PersonFacts(
            contact: ContactID(high: people.seed, low: UInt64(number)),
            attributes: [
                .recordNumber: .text(recordNumber), .source: .text("lakeside-demo"), .givenName: .text(given),
                .familyName: .text(home.family), .birthDate: .date(birth), .sex: .code(sex(role.sex)),
                .address: .text(home.address), .city: .text(town.city), .state: .text(town.state),
                .county: .text(town.county), .zip: .text(home.zip), .country: .text("US"),
                .maritalStatus: .code(role.marital), .timeZone: .text(town.timeZone),
            ],
            isDeceased: death != nil
        )
        if let death { facts.attributes[.deathDate] = .date(death) }
        addContactPoints(to: &facts, role.isChild, role.age, number: number, home)
        addLife(to: &facts, age: role.age, isChild: role.isChild)
        var history = ClinicalHistory(
            birth: birth,
            isFemale: role.sex == "female",
            today: people.today,
            death: death,
            random: SeededRandom(seed: people.seed &+ 1, stream: UInt64(number))
        )
        facts.records = history.make()
        members.append(SyntheticPerson(recordNumber: recordNumber, facts: facts))
    }

    // MARK: Facts

    private mutating func addContactPoints(
        to facts: inout PersonFacts,
        _ isChild: Bool,
        _ age: Int,
        number: Int,
        _ home: Home
    ) {
        if random.percent(96) {
            facts.attributes[.phone] = .text("(\(random.pick(town.areaCodes))) 555-01\(random.int(10...99))")
        }
        let sharesMailbox = isChild && (age < 14 || random.percent(30))
        if sharesMailbox {
            facts.attributes[.email] = home.parentEmail.map { .text($0) }
            return
        }
        let lacksMailbox = random.perMille(age >= 80 ? 180 : 30)
        guard !people.domains.isEmpty, !lacksMailbox else { return }
        let given = text(.givenName, of: facts)
        let local = Self.plain(given) + "." + Self.plain(home.family) + String(number)
        facts.attributes[.email] = .text(local + "@" + random.weighted(people.domains))
    }

    private mutating func addLife(to facts: inout PersonFacts, age: Int, isChild: Bool) {
        if random.perMille(960) { facts.attributes[.race] = .code(background.race) }
        if random.perMille(950) { facts.attributes[.ethnicity] = .code(background.ethnicity) }
        facts.attributes[.language] = .code(random.weighted(background.languages))
        if random.percent(60) { facts.attributes[.religion] = .text(random.pick(background.religions)) }
        guard !isChild else {
            facts.attributes[.insurance] = .text(
                random.weighted([("Commercial", 52), ("Medicaid", 40), ("Uninsured", 8)])
            )
            return
        }
        let education = random.weighted([
            ("Less than high school", 10), ("High school", 28), ("Some college", 27), ("Bachelor's degree", 22),
            ("Graduate degree", 13),
        ])
        let employment: String =
            age >= 67
            ? random.weighted([("Retired", 86), ("Employed part time", 10), ("Employed full time", 4)])
            : random.weighted([
                ("Employed full time", 60), ("Employed part time", 14), ("Self-employed", 9), ("Unemployed", 7),
                ("Unable to work", 6), ("Student", age < 25 ? 30 : 1),
            ])
        facts.attributes[.education] = .text(education)
        facts.attributes[.employment] = .text(employment)
        let step = education.hasPrefix("Grad") ? 60 : education.hasPrefix("Bach") ? 40 : 22
        let income =
            employment.hasPrefix("Employed full") || employment == "Self-employed"
            ? step + random.below(60) : 8 + random.below(34)
        if random.percent(85) { facts.attributes[.income] = .number(Double(income * 1_000)) }
        let insurance: String =
            age >= 65
            ? random.weighted([("Medicare", 52), ("Medicare Advantage", 44), ("Commercial", 4)])
            : income < 28
                ? random.weighted([("Medicaid", 62), ("Commercial", 20), ("Uninsured", 18)])
                : random.weighted([("Commercial", 86), ("Medicaid", 5), ("Uninsured", 9)])
        facts.attributes[.insurance] = .text(insurance)
    }

    private mutating func address() -> String {
        let street = "\(random.int(1...2_400)) \(random.pick(Town.streets))"
        return random.percent(22) ? street + " Apt \(random.int(1...40))" : street
    }

    private mutating func single(age: Int) -> String {
        random.weighted([
            ("single", age < 35 ? 88 : 34), ("divorced", age < 35 ? 8 : 38), ("widowed", age >= 65 ? 60 : 2),
            ("separated", 4),
        ])
    }

    /// Very few people's sex is recorded as another or not at all.
    private mutating func sex(_ sex: String) -> String {
        random.perMille(4) ? (random.percent(60) ? "other" : "unknown") : sex
    }

    private mutating func birthday(age: Int) -> CalendarDate {
        let year = people.today.adding(months: -12 * (age + 1)).adding(days: 1)
        let birth = year.adding(days: random.below(364))
        return birth.age(on: people.today) == age ? birth : year
    }

    /// Few have died, most of them old, all within the last three years.
    private mutating func deathDay(age: Int, birth: CalendarDate) -> CalendarDate? {
        guard random.perMille(age >= 80 ? 90 : age >= 65 ? 28 : age >= 40 ? 6 : 1) else { return nil }
        let death = people.today.adding(days: -random.int(20...1_050))
        return death > birth ? death : nil
    }

    private func email(of person: SyntheticPerson?) -> String? {
        guard let person, case .text(let text)? = person.facts.attributes[.email] else { return nil }
        return text
    }

    private func text(_ name: AttributeName, of facts: PersonFacts) -> String {
        if case .text(let text)? = facts.attributes[name] { text } else { "" }
    }

    /// A name in the letters of a mailbox.
    static func plain(_ name: String) -> String {
        let accents: [Unicode.Scalar: String] = [
            "á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ñ": "n", "ü": "u", "ö": "o", "ä": "a", "ë": "e",
            "Ó": "o",
            "Á": "a", "É": "e",
        ]
        var result = ""
        for scalar in name.unicodeScalars {
            if let plain = accents[scalar] {
                result += plain
            } else if scalar.isASCII, scalar.properties.isAlphabetic {
                result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }
}

extension Town {
    var timeZone: String { state == "MA" ? "America/New_York" : "America/Chicago" }
}
