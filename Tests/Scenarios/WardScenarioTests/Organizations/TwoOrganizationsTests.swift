// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardScenarioKit
import WardServer
import WardTestKit

/// Two organizations of one installation know the same two addresses. Nothing that happens in one shows in the other
/// (invariant I6): sending, portal, unsubscribing, suppression, consent, counts, audit, erasure.
@Suite(.serialized) struct TwoOrganizationsTests {
    private static let lakeside = """
        record_number,given_name,family_name,birth_date,sex,email
        1,Patricia,Lake,1980-02-28,F,pat@tls.example
        2,Samuel,Lake,1975-05-05,M,sam@plain.example
        3,Ann,Lake,1990-01-01,F,ann@tls.example

        """
    private static let hillside = """
        record_number,given_name,family_name,birth_date,sex,email
        1,Patrick,Hill,1961-06-06,M,pat@tls.example
        2,Samantha,Hill,1966-07-07,F,sam@plain.example

        """

    @Test(.timeLimit(.minutes(10)), arguments: TestStore.kinds)
    func `two organizations that share addresses never touch or see each other`(kind: StoreKind) async throws {
        let plain = TestPostfix.Options(hostName: "mx.plain.example", certificateName: nil, domains: ["plain.example"])
        try await TestPostfix.with(.trusted("tls.example")) { protected in
            try await TestPostfix.with(plain) { open in
                try await ScenarioPlace.with(kind) { place in
                    try await place.establish("Hillside Clinic")
                    try await Self.play(in: place, protected, open)
                    try await Self.compareCommands(in: place)
                }
            }
        }
    }

    private static func play(in place: ScenarioPlace, _ protected: TestPostfix, _ open: TestPostfix) async throws {
        let world = ScenarioWorld(
            rootsPath: try place.write(protected.authority.rootPEM, to: "roots.pem"),
            routes: [
                ScenarioWorld.route(domain: "tls.example", port: protected.port, certificateName: "mx.tls.example"),
                ScenarioWorld.route(domain: "plain.example", port: open.port, certificateName: "mx.plain.example"),
            ]
        )
        try await place.opened(world) { installation in
            try await world.setRoutes(in: installation)
            let story = TwoOrganizationsStory(
                lakeside: try await OrganizationSide.make("Lakeside Health", people: lakeside, in: installation),
                hillside: try await OrganizationSide.make("Hillside Clinic", people: hillside, in: installation),
                protected: protected,
                open: open
            )
            try await installation.working { try await story.play() }
            try await story.erase()
            try await story.compareLogs(in: place)
        }
    }

    private static func compareCommands(in place: ScenarioPlace) async throws {
        let unnamed = try await place.ward("segment", "list")
        #expect(unnamed.status == 64)
        #expect(
            unnamed.errors == "There are several organizations: say which with --organization NAME "
                + "(“Lakeside Health”, “Hillside Clinic”).\n"
        )
        let unknown = try await place.ward("segment", "list", "--organization", "Nowhere")
        #expect(unknown.status == 64)
        #expect(unknown.errors == "There is no organization “Nowhere” here.\n")
        for (name, people) in [("Lakeside Health", "2 of 2 people"), ("hillside-clinic", "2 of 2 people")] {
            let counted = try await place.wardDoes(
                "segment",
                "count",
                "family_name is not missing",
                "--organization",
                name
            )
            #expect(counted.contains(people), "\(counted)")
            try await place.wardDoes("audit", "verify", "--organization", name)
        }
    }
}
