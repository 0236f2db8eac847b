// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardContacts
import WardKernel
import WardSegments
import WardServer
import WardTestKit

/// What machines read: every command's `--json` parses, line by line, and its exit code says whether it is done.
@Suite struct JSONAnswerTests {
    @Test(arguments: TestStore.kinds)
    func `every command answers in JSON when asked`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            let file = try place.write("Id,First,Last,Email\n1,Ada,Example,ada@mail.example\n", to: "people.csv")
            try await expectJSON(["contacts", "import", file], ["added", "import", "rejected"], in: place)
            try await place.opened { installation in
                let requester = try await ScenarioPlace.requester(in: installation)
                _ = try await installation.modules.segments.create(
                    name: "Everybody \u{1F9D1} “all”",
                    rule: "email is not missing",
                    by: requester
                )
            }
            try await expectJSON(["segment", "list"], ["id", "name", "version"], in: place)
            try await expectJSON(["segment", "count", "email is not missing"], ["count", "population"], in: place)
            try await explain(in: place)
            try await campaign(in: place)
            try await expectJSON(["user", "list"], ["id", "name"], in: place)
            try await expectJSON(["audit", "list", "--limit", "3"], ["action", "time", "sentence"], in: place)
            try await expectJSON(["audit", "verify"], ["verdict", "entries"], in: place)
            try await expectJSON(["audit", "export", place.folder + "/export"], ["folder", "entries"], in: place)
            try await expectJSON(["audit", "verify", "--export", place.folder + "/export"], ["verdict"], in: place)
            try await expectJSON(["migrate", "--dry-run"], ["to_do"], in: place)
            let doctor = try await place.ward("doctor", "--json")
            let findings = try JSONDecoder().decode([[String: String]].self, from: Data(doctor.output.utf8))
            #expect(findings.allSatisfy { Set($0.keys) == ["check", "verdict", "sentence"] })
        }
    }

    private func explain(in place: ScenarioPlace) async throws {
        let person = try await place.opened { installation in
            let requester = try await ScenarioPlace.requester(in: installation)
            return try await installation.modules.contacts.page(by: requester).people.first?.contact
        }
        let id = try #require(person)
        try await expectJSON(
            ["segment", "explain", "email is not missing", "--person", "\(id)"],
            ["term", "holds"],
            in: place
        )
    }

    private func campaign(in place: ScenarioPlace) async throws {
        let text = try place.write("Dear {{ given_name | \"patient\" }}.\n", to: "text.txt")
        let segments = try await place.wardDoes("segment", "list", "--json")
        let name = try #require(try KilledCampaignTests.fields(segments)["name"])
        let made = try await place.wardDoes(
            "campaign",
            "create",
            "--name",
            "News",
            "--segment",
            name,
            "--about",
            "treatment",
            "--subject",
            "News",
            text,
            "--json"
        )
        let id = try #require(try KilledCampaignTests.fields(made)["campaign"])
        try await expectJSON(["campaign", "preflight", id], ["people", "reached"], in: place)
        try await expectJSON(["campaign", "send", id], ["campaign"], in: place)
        try await expectJSON(["campaign", "report", id], ["state", "audience", "attempts_in_doubt"], in: place)
    }

    /// Each line is an object with at least these members, nothing is on standard error, and the exit code is 0.
    private func expectJSON(_ arguments: [String], _ members: Set<String>, in place: ScenarioPlace) async throws {
        let answer = try await place.ward(arguments + ["--json"])
        #expect(answer.status == 0, "\(arguments): \(answer.errors)")
        let lines = answer.output.split(separator: "\n")
        #expect(!lines.isEmpty, "\(arguments)")
        for line in lines {
            let fields = try KilledCampaignTests.fields(String(line))
            #expect(members.isSubset(of: fields.keys), "\(arguments): \(line)")
        }
    }

    @Test func `whoever lacks the permission is refused with its name and exit code 3`() async throws {
        try await ScenarioPlace.empty(.sqlite) { place in
            try await place.wardDoes(
                "init",
                "--name",
                "Lakeside",
                "--postal-address",
                "1 Shore Road",
                "--sender-domain",
                "lakeside.example",
                "--administrator",
                "dana@lakeside.example"
            )
            // The first administrator administers, and sees nobody.
            let denied = try await place.ward("contacts", "import", "people.csv")
            #expect(denied.status == 3)
            #expect(denied.errors == "This needs the permission importContacts, which your roles do not give.\n")
        }
    }
}
