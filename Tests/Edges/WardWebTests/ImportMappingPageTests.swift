// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct ImportMappingPageTests {
    private static let file = """
        record_number,given_name,family_name,Favourite colour,Member since
        A-1,Ada,Marsh,green,2020-01-02
        A-2,Ben,Reed,blue,2021-03-04

        """

    /// Whether a choice of a list is the chosen one.
    private static func isChosen(_ value: String, _ page: TestBrowser.Answer, in field: String) -> Bool {
        guard let start = page.text.firstRange(of: "name=\"\(field)\""),
            let end = page.text[start.upperBound...].firstRange(of: "</select>")
        else { return false }
        return page.text[start.upperBound..<end.lowerBound].contains("<option value=\"\(value)\" selected>")
    }

    /// The names below the columns that are treated as protected.
    private static func protected(_ page: TestBrowser.Answer) -> Substring {
        guard let start = page.text.firstRange(of: "Treated as protected:"),
            let end = page.text[start.upperBound...].firstRange(of: "</p>")
        else { return "" }
        return page.text[start.upperBound..<end.lowerBound]
    }

    private static func uploaded(_ world: WebWorld, by requester: Requester) async throws -> ImportID {
        let bytes = AsyncStream<[UInt8]> { stream in
            stream.yield(Array(file.utf8))
            stream.finish()
        }
        guard
            case .ready(let id) = try await world.facades.contacts.upload(fileName: "people.csv", bytes, by: requester)
        else { throw WebWorld.Unexpected() }
        return id
    }

    private static let choices = [
        ("c0-target", "attribute:record_number"), ("c1-target", "attribute:given_name"),
        ("c2-target", "attribute:family_name"), ("c3-target", "new:"), ("c3-kind", "code"), ("c3-phi", "no"),
        ("c4-target", "new:"), ("c4-kind", "text"),
    ]

    @Test(arguments: TestStore.kinds)
    func `the type and the protection of a new attribute are corrected, and the names of protected columns follow`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let requester = try await world.requester(token)
            let id = try await Self.uploaded(world, by: requester)
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/imports/\(id)"
            let first = try await browser.get(path)
            #expect(Self.isChosen("text", first, in: "c3-kind") && Self.isChosen("date", first, in: "c4-kind"))
            #expect(Self.isChosen("yes", first, in: "c3-phi"))
            #expect(Self.protected(first).contains("Favourite colour"))
            let looked = try await browser.post("\(path)/start", Self.choices + [("do", "look"), ("source", "ehr")])
            #expect(looked.status == 200)
            #expect(Self.isChosen("code", looked, in: "c3-kind") && Self.isChosen("no", looked, in: "c3-phi"))
            #expect(Self.isChosen("text", looked, in: "c4-kind") && Self.isChosen("yes", looked, in: "c4-phi"))
            #expect(!Self.protected(looked).contains("Favourite colour"))
            #expect(Self.protected(looked).contains("Member since"))
            #expect(looked.text.contains("value=\"ehr\""))
            let started = try await browser.post("\(path)/start", Self.choices + [("do", "start"), ("source", "ehr")])
            #expect(started.status == 303)
            let made = try await world.facades.contacts.attributes(by: requester).filter { !$0.isBuiltIn }
            #expect(made.map(\.name.rawValue) == ["favourite_colour", "member_since"])
            #expect(made.map(\.kind) == [.code, .text])
            #expect(made.map(\.isPHI) == [false, true])
            let facts = try await world.auditFacts("contact.define_attribute")
            #expect(facts.contains { $0.contains("phi=no") } && facts.contains { $0.contains("phi=yes") })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a start that is refused keeps every choice and leads to each field`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let id = try await Self.uploaded(world, by: try await world.requester(token))
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/imports/\(id)/start"
            let start = Self.choices + [("do", "start"), ("wording", "intake-2025"), ("purpose", "care")]
            let unnamed = try await browser.post(path, start + [("source", " ")])
            #expect(unnamed.status == 422)
            #expect(unnamed.text.contains("href=\"#source\"") && unnamed.text.contains("id=\"source-error\""))
            #expect(Self.isChosen("code", unnamed, in: "c3-kind") && Self.isChosen("no", unnamed, in: "c3-phi"))
            #expect(unnamed.text.contains("value=\"intake-2025\""))
            #expect(unnamed.text.contains("value=\"care\" checked"))
            let pattern = [("source", "ehr"), ("email_template", "{first}@{last}")]
            let broken = try await browser.post(path, start + pattern)
            #expect(broken.status == 422)
            #expect(broken.text.contains("href=\"#email_template\""))
            #expect(broken.text.contains("value=\"{first}@{last}\""))
            let twice = start.map { $0.0 == "c2-target" ? ($0.0, "attribute:given_name") : $0 }
            let doubled = try await browser.post(path, twice + [("source", "ehr")])
            #expect(doubled.status == 422 && doubled.text.contains("href=\"#c0-target\""))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a column that was left out can become an attribute, protected unless somebody says otherwise`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let id = try await Self.uploaded(world, by: try await world.requester(token))
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/imports/\(id)/start"
            let left = try await browser.post(path, [("c3-target", "skip"), ("do", "look")])
            #expect(Self.isChosen("skip", left, in: "c3-target"))
            #expect(!left.text.contains("name=\"c3-kind\""))
            let taken = try await browser.post(path, [("c3-target", "new:"), ("c3-kind", "nonsense"), ("do", "look")])
            #expect(Self.isChosen("text", taken, in: "c3-kind") && Self.isChosen("yes", taken, in: "c3-phi"))
            // A built-in attribute does not become another one by its name.
            let forged = try await browser.post(path, [("c1-target", "new:"), ("c1-phi", "no"), ("do", "look")])
            #expect(Self.isChosen("skip", forged, in: "c1-target"))
        }
    }
}
