// SPDX-License-Identifier: Apache-2.0
//
// FHIR R4 Patient (hl7.org/fhir/R4/patient.html) as newline-delimited JSON, as the Bulk Data export writes it: one
// resource a line. Taken: identifier (MR first, else the first; SS as `ssn` where the organization defined such an
// attribute), name by use (official, usual, then the first that is not maiden or old), telecom (by rank, then home and
// mobile), address (home first), gender, birthDate, deceased[x], communication.language, maritalStatus, and of US Core
// race and ethnicity. Everything else is left; what should be one of these and is not is told by line and field.

import WardKernel

/// Reads one line of a Patient export.
struct FHIRPatientReader: Sendable {
    let definitions: [AttributeName: AttributeDefinition]
    let latestDay: CalendarDate
    let dayReader: RowReader

    init(definitions: [AttributeName: AttributeDefinition], latestDay: CalendarDate) {
        self.definitions = definitions
        self.latestDay = latestDay
        dayReader = RowReader(
            mapping: ImportMapping(subject: .people, columns: []),
            definitions: definitions,
            encodingName: "UTF-8",
            latestDay: latestDay
        )
    }

    func person(_ line: [UInt8], row: Int) -> RowReading<IncomingPerson> {
        let value: JSONValue
        do throws(JSONProblem) {
            value = try JSONReader.read(line)
        } catch {
            return rejected(row, nil, .malformed(what: error.description))
        }
        guard let type = value["resourceType"]?.string else {
            return rejected(row, "resourceType", .malformed(what: "the resource does not say what it is."))
        }
        guard type == "Patient" else {
            return rejected(
                row,
                "resourceType",
                .malformed(what: "this is another resource than Patient. Import only Patient.ndjson here.")
            )
        }
        var reading = Reading(person: IncomingPerson(row: row))
        identifiers(value, &reading)
        names(value, &reading)
        contactPoints(value, &reading)
        address(value, &reading)
        days(value, &reading)
        codes(value, &reading)
        if reading.problems.isEmpty { reading.problems = dayReader.wholeProblems(of: reading.person) }
        return reading.problems.isEmpty ? .understood(reading.person) : .rejected(reading.problems)
    }

    private struct Reading {
        var person: IncomingPerson
        var problems: [PlacedProblem] = []

        mutating func note(_ field: String, _ problem: CellProblem) {
            person.notes.append(PlacedProblem(row: person.row, column: field, problem: problem))
        }

        mutating func fail(_ field: String, _ problem: CellProblem) {
            problems.append(PlacedProblem(row: person.row, column: field, problem: problem))
        }

        mutating func set(_ name: AttributeName, _ text: String?) {
            guard let text = text.map(CellText.trimmed), !text.isEmpty else { return }
            person.attributes[name] = .text(text)
        }
    }

    private func rejected(_ row: Int, _ field: String?, _ problem: CellProblem) -> RowReading<IncomingPerson> {
        .rejected([PlacedProblem(row: row, column: field, problem: problem)])
    }

    private func identifiers(_ value: JSONValue, _ reading: inout Reading) {
        let identifiers = value["identifier"]?.array ?? []
        func code(_ identifier: JSONValue) -> String? { identifier["type"]?["coding"]?.array.first?["code"]?.string }
        let record = identifiers.first { code($0) == "MR" } ?? identifiers.first { code($0) == nil }
        if let number = record?["value"]?.string ?? value["id"]?.string {
            reading.set(.recordNumber, number)
        } else if !identifiers.isEmpty {
            reading.note("identifier", .malformed(what: "no identifier is a record number."))
        }
        let social = AttributeName(known: "ssn")
        if definitions[social] != nil { reading.set(social, identifiers.first { code($0) == "SS" }?["value"]?.string) }
    }

    private func names(_ value: JSONValue, _ reading: inout Reading) {
        let names = value["name"]?.array ?? []
        func use(_ name: JSONValue) -> String { name["use"]?.string ?? "" }
        let chosen =
            names.first { use($0) == "official" } ?? names.first { use($0) == "usual" }
            ?? names.first { use($0) != "maiden" && use($0) != "old" }
        guard let chosen else {
            if !names.isEmpty { reading.note("name", .malformed(what: "only former names are given.")) }
            return
        }
        reading.set(.givenName, chosen["given"]?.array.compactMap(\.string).joined(separator: " "))
        reading.set(.familyName, chosen["family"]?.string)
        reading.set(.prefix, chosen["prefix"]?.array.first?.string)
        reading.set(.suffix, chosen["suffix"]?.array.first?.string)
        if chosen["family"] == nil, chosen["given"] == nil { reading.set(.familyName, chosen["text"]?.string) }
    }

    private func contactPoints(_ value: JSONValue, _ reading: inout Reading) {
        let points = (value["telecom"]?.array ?? []).filter { $0["use"]?.string != "old" }
        func rank(_ point: JSONValue) -> Int {
            if case .number(let text) = point["rank"], let rank = Int(text) { return rank }
            switch point["use"]?.string {
            case "home", "mobile": return 100
            case "work": return 300
            default: return 200
            }
        }
        func best(_ system: String) -> String? {
            points.filter { $0["system"]?.string == system }.min { rank($0) < rank($1) }?["value"]?.string
        }
        if let phone = best("phone") {
            if CellText.phoneDigits(phone) != nil {
                reading.set(.phone, phone)
            } else {
                reading.note("telecom.value", .notAPhoneNumber)
            }
        }
        if let email = best("email") {
            if let address = EmailAddress(CellText.trimmed(email)) {
                reading.set(.email, address.mailbox)
            } else {
                reading.fail("telecom.value", .notAnEmailAddress)
            }
        }
    }

    private func address(_ value: JSONValue, _ reading: inout Reading) {
        let all = (value["address"]?.array ?? []).filter { $0["use"]?.string != "old" }
        guard let chosen = all.first(where: { $0["use"]?.string == "home" }) ?? all.first else { return }
        reading.set(.address, chosen["line"]?.array.compactMap(\.string).joined(separator: ", "))
        reading.set(.city, chosen["city"]?.string)
        reading.set(.county, chosen["district"]?.string)
        reading.set(.state, chosen["state"]?.string)
        reading.set(.country, chosen["country"]?.string)
        if let zip = chosen["postalCode"]?.string { reading.set(.zip, zip) }
    }

    private func days(_ value: JSONValue, _ reading: inout Reading) {
        if let birth = value["birthDate"] {
            if let text = birth.string, let day = CalendarDate(text) {
                if day > latestDay { reading.fail("birthDate", .dateInFuture) }
                reading.person.attributes[.birthDate] = .date(day)
            } else if let text = birth.string, text.count == 4 || text.count == 7 {
                reading.note("birthDate", .malformed(what: "the birth date has no day and is left out."))
            } else {
                reading.fail("birthDate", .notADate)
            }
        }
        if let isDeceased = value["deceasedBoolean"] {
            guard let flag = isDeceased.boolean else { return reading.fail("deceasedBoolean", .notABoolean) }
            reading.person.isDeceased = flag
        }
        if let death = value["deceasedDateTime"] {
            reading.person.isDeceased = true
            guard let text = death.string, let first = text.split(separator: "T").first else {
                return reading.fail("deceasedDateTime", .notADate)
            }
            if let day = CalendarDate(first) {
                reading.person.attributes[.deathDate] = .date(day)
            } else {
                reading.note("deceasedDateTime", .notADate)
            }
        }
    }

    private func codes(_ value: JSONValue, _ reading: inout Reading) {
        if let gender = value["gender"] {
            if let sex = gender.string.flatMap(CodeReading.sex) {
                reading.person.attributes[.sex] = .code(sex)
            } else {
                reading.note("gender", .unknownCode)
            }
        }
        let spoken = value["communication"]?.array ?? []
        let preferred = spoken.first { $0["preferred"]?.boolean == true } ?? spoken.first
        if let coding = preferred?["language"]?["coding"]?.array.first?["code"]?.string {
            if let language = CodeReading.language(coding) {
                reading.person.attributes[.language] = .code(language)
            } else {
                reading.note("communication.language", .unknownCode)
            }
        }
        if let marital = value["maritalStatus"]?["coding"]?.array.first?["code"]?.string {
            reading.person.attributes[.maritalStatus] = .code(CodeReading.maritalStatus(marital))
        }
        extensions(value, &reading)
    }

    private func extensions(_ value: JSONValue, _ reading: inout Reading) {
        for item in value["extension"]?.array ?? [] {
            let parts = item["extension"]?.array ?? []
            let category = parts.first { $0["url"]?.string == "ombCategory" }?["valueCoding"]?["code"]?.string
            let text = parts.first { $0["url"]?.string == "text" }?["valueString"]?.string
            guard let code = category ?? text else { continue }
            switch item["url"]?.string {
            case "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race":
                reading.person.attributes[.race] = .code(CodeReading.race(code))
            case "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity":
                reading.person.attributes[.ethnicity] = .code(CodeReading.ethnicity(code))
            default: continue
            }
        }
    }
}
