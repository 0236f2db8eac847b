// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// Makes the dated records of one person, consistent with age and sex and none of them after death.
struct ClinicalHistory {
    let birth: CalendarDate
    let isFemale: Bool
    let today: CalendarDate
    let death: CalendarDate?
    var random: SeededRandom
    private var records: [DatedRecord] = []

    /// The last day on which something can have happened.
    private let end: CalendarDate
    private let age: Int
    /// 0–17, 18–39, 40–59, 60–74, 75 and over.
    private let band: Int

    init(birth: CalendarDate, isFemale: Bool, today: CalendarDate, death: CalendarDate?, random: SeededRandom) {
        self.birth = birth
        self.isFemale = isFemale
        self.today = today
        self.death = death
        self.random = random
        end = death ?? today
        age = birth.age(on: end)
        band = age < 18 ? 0 : age < 40 ? 1 : age < 60 ? 2 : age < 75 ? 3 : 4
        records.reserveCapacity(48)
    }

    mutating func make() -> [DatedRecord] {
        addIllnesses()
        addPassingIllnesses()
        if isFemale, (18...44).contains(age) { addPregnancy() }
        addVisits()
        addScreenings()
        addOperations()
        addVaccines()
        addAppointments()
        addPurchases()
        return sortedByDay()
    }

    /// By day, those of one day in the order of making. Sorts numbers: records are costly to move.
    private func sortedByDay() -> [DatedRecord] {
        let order = records.indices.map { records[$0].start.daysSince1970 << 16 | $0 }.sorted()
        return order.map { records[$0 & 0xFFFF] }
    }

    // MARK: Conditions

    private mutating func addIllnesses() {
        var hasDiabetes = false
        for illness in Illness.all {
            let share = (isFemale ? illness.women : illness.men)[band]
            guard share > 0, random.perMille(share) else { continue }
            if illness.coding.code == "15777000", hasDiabetes { continue }
            if illness.coding.code == "44054006" { hasDiabetes = true }
            guard let onset = day(yearsBack: 0...min(12, max(0, age - 1))) else { continue }
            add(.condition, illness.coding, on: onset, status: "active")
            addTreatment(of: illness, since: onset)
        }
    }

    private mutating func addTreatment(of illness: Illness, since onset: CalendarDate) {
        if !illness.medications.isEmpty, random.percent(80) {
            let start = onset.adding(days: random.below(30))
            let isStopped = random.percent(15)
            let stop = start.adding(days: random.int(60...900))
            let end: CalendarDate? = isStopped && stop < self.end ? stop : nil
            let medication = random.pick(illness.medications)
            add(.medication, medication, on: start, end: end, status: end == nil ? "active" : "stopped")
        }
        for lab in illness.labs {
            var date = max(onset, end.adding(days: -3 * 365)).adding(days: random.below(90))
            while date <= end {
                add(lab, on: date)
                date = date.adding(days: random.int(120...260))
            }
        }
    }

    private mutating func addPassingIllnesses() {
        for _ in 0..<random.weighted([(0, 40), (1, 30), (2, 20), (3, 10)]) {
            guard let date = day(yearsBack: 0...5) else { continue }
            let stop = date.adding(days: random.int(5...24))
            let illness = random.pick(Episodes.passing)
            add(
                .condition,
                illness,
                on: date,
                end: stop <= end ? stop : nil,
                status: stop <= end ? "resolved" : "active"
            )
            add(.encounter, Episodes.symptom, on: date, status: "finished")
            if random.percent(35) {
                let drug = illness.code == "44465007" ? Episodes.ibuprofen : Episodes.amoxicillin
                let last = date.adding(days: 10)
                add(
                    .medication,
                    drug,
                    on: date,
                    end: last <= end ? last : nil,
                    status: last <= end ? "completed" : "active"
                )
            }
        }
    }

    private mutating func addPregnancy() {
        let isNow = death == nil && random.perMille(45)
        guard isNow || random.perMille(230),
            let date = isNow ? end.adding(days: -random.int(30...250)) : day(yearsBack: 1...6),
            date.adding(months: -12 * 18) >= birth
        else { return }
        let birthDay = date.adding(days: 250)
        let isOver = birthDay <= end && !isNow
        add(
            .condition,
            Episodes.pregnancy,
            on: date,
            end: isOver ? birthDay : nil,
            status: isOver ? "resolved" : "active"
        )
        add(.encounter, Episodes.prenatal, on: date, status: "finished")
        if isOver, random.percent(32) { add(.procedure, Episodes.cesarean, on: birthDay, status: "completed") }
    }

    // MARK: Visits, screenings, operations

    private mutating func addVisits() {
        let years = min(5, age)
        for year in 0...years where random.percent(age < 18 || age >= 60 ? 82 : 55) {
            guard let date = day(yearsBack: year...year) else { continue }
            add(.encounter, age < 18 ? Episodes.wellChild : Episodes.checkUp, on: date, status: "finished")
            if random.percent(50) { add(Episodes.bodyMassIndex, on: date) }
            guard age >= 18 else { continue }
            if random.percent(60) { add(Episodes.systolic, on: date) }
            if age >= 40, random.percent(60) { add(Episodes.cholesterol, on: date) }
            if age >= 65, random.percent(40) { add(.procedure, Episodes.reconciliation, on: date, status: "completed") }
        }
        if random.percent(9), let date = day(yearsBack: 0...4) {
            let last = date.adding(days: random.below(4))
            add(.encounter, Episodes.emergency, on: date, end: min(last, end), status: "finished")
        }
    }

    private mutating func addScreenings() {
        if isFemale, (40...79).contains(age), random.percent(78) {
            var date = end.adding(days: -random.int(10...1_300))
            for _ in 0..<random.int(1...4) where birth.age(on: date) >= 40 {
                add(.procedure, Episodes.mammography, on: date, status: "completed")
                date = date.adding(days: -random.int(360...800))
            }
        }
        if isFemale, (21...65).contains(age), random.percent(70), let date = day(yearsBack: 0...5),
            birth.age(on: date) >= 21
        {
            add(.procedure, Episodes.cervicalScreening, on: date, status: "completed")
        }
        if (45...80).contains(age), random.percent(62), let date = day(yearsBack: 0...11), birth.age(on: date) >= 45 {
            add(.procedure, Episodes.colonoscopy, on: date, status: "completed")
        }
    }

    private mutating func addOperations() {
        let operations: [(Coding, Int)] = [
            (Episodes.appendectomy, age > 8 ? 25 : 0), (Episodes.cholecystectomy, age > 30 ? (isFemale ? 45 : 22) : 0),
            (Episodes.hipReplacement, age > 60 ? 28 : 0), (Episodes.kneeReplacement, age > 58 ? 42 : 0),
        ]
        for (operation, share) in operations where random.perMille(share) {
            if let date = day(yearsBack: 0...8) { add(.procedure, operation, on: date, status: "completed") }
        }
    }

    // MARK: Vaccines

    private mutating func addVaccines() {
        if age < 19, random.percent(95) { addChildhoodVaccines() }
        for year in 0...3 where age >= 1 && random.percent(age >= 65 ? 68 : 42) {
            if let date = autumn(yearsBack: year) {
                add(.immunization, Episodes.influenza, on: date, status: "completed")
            }
        }
        if age >= 12, random.percent(60), let date = day(yearsBack: 1...4), birth.age(on: date) >= 12 {
            add(.immunization, Episodes.covid, on: date, status: "completed")
        }
        if age >= 20, random.percent(55), let date = day(yearsBack: 0...9), birth.age(on: date) >= 11 {
            add(.immunization, Episodes.tetanus, on: date, status: "completed")
        }
        if age >= 51, random.percent(38), let date = day(yearsBack: 0...5), birth.age(on: date) >= 50 {
            add(.immunization, Episodes.zoster, on: date, status: "completed")
            let second = date.adding(days: random.int(60...180))
            if second <= end { add(.immunization, Episodes.zoster, on: second, status: "completed") }
        }
        if age >= 66, random.percent(64), let date = day(yearsBack: 0...7), birth.age(on: date) >= 65 {
            add(.immunization, Episodes.pneumococcal, on: date, status: "completed")
        }
        if (11...26).contains(age), random.percent(60), let date = day(yearsBack: 0...6), birth.age(on: date) >= 11 {
            add(.immunization, Episodes.papilloma, on: date, status: "completed")
        }
    }

    private mutating func addChildhoodVaccines() {
        for (vaccine, months) in Episodes.childhood {
            for month in months {
                let date = birth.adding(months: month).adding(days: random.below(25))
                guard date <= end else { break }
                add(.immunization, vaccine, on: date, status: "completed")
            }
        }
    }

    // MARK: Appointments and purchases

    private mutating func addAppointments() {
        let missesOften = random.percent(8)
        for _ in 0..<random.weighted([(0, 22), (1, 26), (2, 24), (3, 16), (5, 12)]) {
            guard let date = day(yearsBack: 0...2), date < end else { continue }
            let status =
                random.percent(missesOften ? 45 : 6) ? "no-show" : random.percent(10) ? "cancelled" : "completed"
            addAppointment(on: date, status: status)
        }
        guard death == nil, random.percent(34) else { return }
        addAppointment(on: today.adding(days: random.int(1...75)), status: "booked")
    }

    /// Between eight and four in the afternoon, Central Standard Time.
    private mutating func addAppointment(on date: CalendarDate, status: String) {
        let coding = age < 18 ? Episodes.appointments[random.below(4)] : random.pick(Episodes.appointments)
        add(.appointment, coding, on: date, status: status)
        let minutes = 14 * 60 + 15 * random.below(32)
        let seconds = Int64(date.daysSince1970) * 86_400 + Int64(minutes) * 60
        records[records.count - 1].startTime = Timestamp(seconds: seconds)
    }

    private mutating func addPurchases() {
        guard age >= 18, random.percent(24) else { return }
        for _ in 0..<random.int(1...3) {
            guard let date = day(yearsBack: 0...2) else { continue }
            let (coding, cents) = random.pick(Episodes.purchases)
            let price = Double(random.int(cents)) / 100
            add(.purchase, coding, on: date, status: "completed", value: .number(price), unit: "USD")
        }
    }

    // MARK: Parts

    /// A day so many years before the end, in life; nil when the person was not born.
    private mutating func day(yearsBack years: ClosedRange<Int>) -> CalendarDate? {
        let date = end.adding(days: -(random.int(years) * 365 + random.below(365)))
        return date > birth ? date : nil
    }

    /// A day in September to November; nil before birth and after the end.
    private mutating func autumn(yearsBack years: Int) -> CalendarDate? {
        let date = CalendarDate(year: end.year - years, month: random.int(9...11), day: random.int(1...28))
        guard let date, date > birth, date <= end else { return nil }
        return date
    }

    private mutating func add(
        _ kind: DatedRecordKind,
        _ coding: Coding,
        on date: CalendarDate,
        end: CalendarDate? = nil,
        status: String? = nil,
        value: AttributeValue? = nil,
        unit: String? = nil
    ) {
        guard date > birth || kind == .immunization, kind == .appointment || date <= self.end else { return }
        records.append(
            DatedRecord(
                kind: kind,
                code: coding.code,
                display: coding.display,
                start: date,
                end: end,
                status: status,
                value: value,
                unit: unit
            )
        )
    }

    private mutating func add(_ lab: LabTest, on date: CalendarDate) {
        let value = Double(random.int(lab.tenths)) / 10
        add(.lab, lab.coding, on: date, status: "final", value: .number(value), unit: lab.unit)
    }
}
