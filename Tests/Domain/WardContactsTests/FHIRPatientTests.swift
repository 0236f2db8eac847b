// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardContacts

@Suite struct FHIRPatientTests {
    static let patient = #"""
        {"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:x","value":"sys-1"},{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"value":"MR-1"},{"type":{"coding":[{"code":"SS"}]},"value":"999-94-5397"}],"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"ombCategory","valueCoding":{"code":"2106-3","display":"White"}},{"url":"text","valueString":"White"}]},{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity","extension":[{"url":"text","valueString":"Not Hispanic or Latino"}]}],"name":[{"use":"maiden","family":"Old","given":["Ana"]},{"use":"official","family":"Gómez","given":["Ana","María"],"prefix":["Mrs."]}],"telecom":[{"system":"phone","value":"555-810-7203","use":"work"},{"system":"phone","value":"555-810-7204","use":"home"},{"system":"email","value":"ana@mail.example"}],"gender":"female","birthDate":"1927-05-21","deceasedDateTime":"1989-05-09T20:35:22-04:00","address":[{"line":["633 Abernathy Landing"],"city":"Emporia","state":"KS","postalCode":"06801","country":"US"}],"maritalStatus":{"coding":[{"code":"M"}]},"communication":[{"language":{"coding":[{"code":"en-US"}]}},{"preferred":true,"language":{"coding":[{"code":"es"}]}}]}
        """#

    private func read(_ line: String) -> RowReading<IncomingPerson> {
        FHIRPatientReader(
            definitions: AttributeDefinition.builtInsByName,
            latestDay: CalendarDate(daysSince1970: 20_800)
        ).person(Array(line.utf8), row: 4)
    }

    private func reasons(_ line: String) -> [String] {
        if case .rejected(let problems) = read(line) { problems.map(\.description) } else { [] }
    }

    @Test func `a patient with everything`() throws {
        guard case .understood(let person) = read(Self.patient) else { return #expect(Bool(false), "rejected") }
        let expected: [AttributeName: String] = [
            .recordNumber: "MR-1", .givenName: "Ana María", .familyName: "Gómez", .prefix: "Mrs.",
            .phone: "555-810-7204", .email: "ana@mail.example", .sex: "female", .birthDate: "1927-05-21",
            .deathDate: "1989-05-09", .address: "633 Abernathy Landing", .city: "Emporia", .state: "KS", .zip: "06801",
            .country: "US", .maritalStatus: "married", .language: "es", .race: "white", .ethnicity: "nonhispanic",
        ]
        #expect(person.attributes.mapValues(\.display) == expected)
        #expect(person.isDeceased)
        #expect(person.notes.isEmpty)
    }

    @Test func `what is not understood is told by line and field`() {
        let wrongDay = Self.patient.replacing("1927-05-21", with: "21.05.1927")
        #expect(reasons(wrongDay) == ["Row 4, column birthDate: this is not a date. Write it as 1989-05-25."])
        #expect(reasons(#"{"resourceType":"Condition"}"#)[0].hasPrefix("Row 4, column resourceType: this is another"))
        let cut = String(Self.patient.prefix(200))
        #expect(reasons(cut) == ["Row 4: this is not JSON as RFC 8259 has it: the text is cut off at byte 201."])
        guard case .understood(let person) = read(Self.patient.replacing("\"female\"", with: "\"fem\"")) else {
            return #expect(Bool(false), "rejected")
        }
        #expect(person.notes.map(\.column) == ["gender"])
    }

    @Test func `hostile JSON is refused: depth, doubles, surrogates, numbers, words`() {
        func problem(_ text: String) -> String? {
            do throws(JSONProblem) {
                _ = try JSONReader.read(Array(text.utf8))
                return nil
            } catch { return error.what }
        }
        #expect(problem(String(repeating: "[", count: 100_000)) == "more than 64 levels")
        #expect(problem(#"{"a":1,"a":2}"#) == "the same name twice in one object")
        #expect(problem(#""\ud800""#) == "half a surrogate pair")
        #expect(problem(#""\ud83d\ude00""#) == nil)
        #expect(problem("NaN") == "a value that is none")
        #expect(problem("01") == "a number with a leading zero")
        #expect(problem("1.") == "a number without digits after its point")
        #expect(problem(String(repeating: "9", count: 10_000)) == "a number of more than 64 characters")
        #expect(problem("{} x") == "more after the end of the value")
        #expect(problem("\"a\u{1}\"") == "a control character inside a string")
        #expect(problem(#"{"a":[1,2.5e-3,true,null,"x\n"]}"#) == nil)
    }

    @Test(arguments: TestStore.kinds)
    func `an NDJSON file is imported, and its bad lines come back`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let second = Self.patient.replacing("MR-1", with: "MR-2").replacing("\"Ana\",\"María\"", with: "\"Eva\"")
            let file = Self.patient + "\n\n{broken\r\n" + second
            let progress = try await fixture.importing(file, name: "Patient.ndjson")
            #expect(progress.counts.added == 2)
            #expect(progress.counts.rejected == 1)
            #expect(try await fixture.rejected(progress.id).contains("\"3\",\"this is not JSON"))
            #expect(try await fixture.everybody().allSatisfy { $0.isDeceased })
        }
    }
}
