// SPDX-License-Identifier: Apache-2.0

import Testing
import WardSegments
import WardServer
import WardTestKit

/// Mistakes in what people type: rules, texts, command lines.
@Suite struct BadTextTests {
    @Test(arguments: TestStore.kinds)
    func `a rule with a mistyped field shows where, and what was probably meant`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            let answer = try await place.ward("segment", "count", "sex = \"female\"\n  and agee >= 40")
            #expect(answer.status == 64)
            #expect(answer.output == "")
            #expect(
                answer.errors == """
                    Line 2, column 7: unknown field `agee`; did you mean `age`?
                        and agee >= 40
                            ^

                    """
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a text with an unknown field is not taken, and says which fields there are`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            try await place.opened { installation in
                let requester = try await ScenarioPlace.requester(in: installation)
                _ = try await installation.modules.segments.create(
                    name: "Everybody",
                    rule: "email is not missing",
                    by: requester
                )
            }
            let text = try place.write("Dear {{ given_nam | \"patient\" }},\n\nyour dose is due.\n", to: "text.txt")
            let answer = try await place.ward(
                "campaign",
                "create",
                "--name",
                "Doses",
                "--segment",
                "Everybody",
                "--about",
                "treatment",
                "--subject",
                "Your dose",
                text
            )
            #expect(answer.status == 1)
            #expect(answer.output == "")
            #expect(
                answer.errors
                    == "Line 1, column 6: there is no field “given_nam”. Did you mean “given_name”?\n"
            )
        }
    }

    @Test func `an unknown option is named, with the command's usage`() async throws {
        try await ScenarioPlace.empty(.sqlite) { place in
            let answer = try await place.ward("segment", "list", "--colour")
            #expect(answer.status == 64)
            #expect(answer.errors.hasPrefix("Error: Unknown option '--colour'\n"), "\(answer.errors)")
            #expect(answer.errors.contains("Usage: ward segment list"))
        }
    }

    @Test func `a command without a data directory says how to name one`() async throws {
        let name = "ward-without-data-\(UInt64.random(in: 0 ... .max))"
        let child = try ChildProcess("ward", ["segment", "list"], outputIn: "/tmp", named: name)
        expectSame(try await child.end(), .exited(64))
        #expect(child.errors == "Which data directory? Give --data DIR or set WARD_DATA.\n")
    }

    @Test func `a data directory that is not there says how to make one`() async throws {
        try await ScenarioPlace.empty(.sqlite) { place in
            let answer = try await place.ward("segment", "list")
            #expect(answer.status == 2)
            #expect(
                answer.errors
                    == "There is no data directory \(place.data). Make one with: ward init --data \(place.data)\n"
            )
        }
    }
}
