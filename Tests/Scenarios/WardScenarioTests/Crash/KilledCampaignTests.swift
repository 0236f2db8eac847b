// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCampaigns
import WardContacts
import WardDelivery
import WardKernel
import WardScenarioKit
import WardSegments
import WardServer
import WardStorage
import WardTestKit

/// A campaign to a real Postfix whose sending process is killed (SIGKILL) again and again (reliability.md Q1, Q4, B3).
///
/// 10 kills, with 5,000 messages on SQLite and 1,500 on PostgreSQL (a debug build on two cores takes about two minutes for
/// 5,000); `make torture` takes other numbers, the same on both. The moments are counts of messages that
/// Postfix has, drawn from the seed that the test prints.
@Suite(.serialized) struct KilledCampaignTests {
    struct Numbers {
        let messages: Int
        /// How often something is taken away.
        let kills: Int
        let seed: UInt64

        init(messages standard: Int, kills standardKills: Int) {
            let environment = ProcessInfo.processInfo.environment
            messages = Self.messagesAskedFor ?? standard
            kills = environment["WARD_TEST_KILLS"].flatMap { Int($0) } ?? standardKills
            seed = environment["WARD_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...999_999)
        }

        /// For a run of any size: a slow machine sends 50 in a second.
        static let minutes = 30 + (messagesAskedFor ?? 0) / 1_000

        var longestEnd: Duration { .seconds(900 + messages / 50) }

        /// How often the receiver's files are counted, which takes as long as there are many.
        var pause: Duration { .milliseconds(30 + messages / 250) }

        private static var messagesAskedFor: Int? {
            ProcessInfo.processInfo.environment["WARD_TEST_MESSAGES"].flatMap { Int($0) }
        }

        /// How many messages have arrived when the process is killed: the first two times at the very beginning.
        var moments: [Int] {
            var numbers = SeededNumbers(seed: seed)
            return (0..<kills).map { number in
                Int.random(in: 0..<(number < 2 ? messages / 50 : messages * 95 / 100), using: &numbers)
            }.sorted()
        }
    }

    static func address(_ number: Int) -> String { "r\(number)@tls.example" }

    static func people(_ count: Int) -> String {
        var file = "record_number,given_name,family_name,birth_date,sex,email\r\n"
        for number in 0..<count {
            file += "R-\(number),Given\(number),Family\(number),19\(50 + number % 50)-03-1\(number % 10),F,"
            file += address(number) + "\r\n"
        }
        return file
    }

    @Test(.timeLimit(.minutes(Numbers.minutes)), arguments: TestStore.kinds)
    func `each recipient gets a message once, but for attempts in doubt, though its sender is killed`(
        kind: StoreKind
    ) async throws {
        let numbers = Numbers(messages: kind == .sqlite ? 5_000 : 1_500, kills: 10)
        print("Killed campaign on \(kind): WARD_TEST_SEED=\(numbers.seed)")
        try await TestPostfix.with(Self.options) { postfix in
            try await ScenarioPlace.with(kind) { place in
                let world = try Self.world(postfix, in: place)
                let campaign = try await send(numbers, in: place, world)
                try await kill(numbers, postfix, in: place, world)
                let figures = try await finish(campaign, numbers, in: place, world)
                try await check(numbers, figures, campaign, try await postfix.messagesOfEmptyQueue(), in: place)
            }
        }
    }

    /// A Postfix that says of each message how it came.
    static var options: TestPostfix.Options {
        var options = TestPostfix.Options.trusted("tls.example")
        options.settings = ["smtpd_tls_received_header = yes"]
        return options
    }

    static func world(_ postfix: TestPostfix, in place: ScenarioPlace) throws -> ScenarioWorld {
        ScenarioWorld(
            rootsPath: try place.write(postfix.authority.rootPEM, to: "roots.pem"),
            routes: [
                ScenarioWorld.route(domain: "tls.example", port: postfix.port, certificateName: "mx.tls.example")
            ]
        )
    }

    /// Everything before the campaign goes out: a server takes the import over, and commands go through its socket.
    func send(_ numbers: Numbers, in place: ScenarioPlace, _ world: ScenarioWorld) async throws -> String {
        try await place.opened { installation in
            let requester = try await ScenarioPlace.requester(in: installation)
            _ = try await installation.modules.segments.create(
                name: "Everybody",
                rule: "email is not missing",
                by: requester
            )
        }
        let file = try place.write(Self.people(numbers.messages), to: "people.csv")
        let text = try place.write("Dear {{ given_name | \"patient\" }}, the flu season has begun.\n", to: "text.txt")
        let server = try await place.startServer(world)
        try await place.wardDoes("contacts", "import", file, "--json")
        let campaign = try await place.wardDoes(
            "campaign",
            "create",
            "--name",
            "Flu",
            "--segment",
            "Everybody",
            "--about",
            "treatment",
            "--subject",
            "Walk-in days",
            text
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let preflight = try await place.wardDoes("campaign", "preflight", campaign, "--json")
        #expect(try Self.fields(preflight)["reached"] == "\(numbers.messages)", "\(preflight)")
        expectSame(try await place.stop(server), .exited(0))
        try await place.wardDoes("campaign", "send", campaign)
        return campaign
    }

    private func kill(
        _ numbers: Numbers,
        _ postfix: TestPostfix,
        in place: ScenarioPlace,
        _ world: ScenarioWorld
    ) async throws {
        for moment in numbers.moments {
            let server = try await place.startServer(world)
            try await wait(upTo: numbers.longestEnd, every: numbers.pause, for: "\(moment) messages at Postfix") {
                postfix.messageCount >= moment
            }
            server.send(signal: SIGKILL)
            expectSame(try await server.end(), .killed(signal: SIGKILL))
        }
    }

    /// Lets the last server work until the report says that every message has a final state.
    func finish(
        _ campaign: String,
        _ numbers: Numbers,
        in place: ScenarioPlace,
        _ world: ScenarioWorld,
        by running: ChildProcess? = nil
    ) async throws -> [String: String] {
        var server = running
        if server == nil { server = try await place.startServer(world) }
        var figures: [String: String] = [:]
        try await wait(upTo: numbers.longestEnd, every: .milliseconds(500), for: "the end of the campaign") {
            figures = try Self.fields(try await place.wardDoes("campaign", "report", campaign, "--json"))
            return figures["pending"] == "0" && figures["state"] == "finished"
        }
        if let server { expectSame(try await place.stop(server), .exited(0)) }
        return figures
    }

    func check(
        _ numbers: Numbers,
        _ figures: [String: String],
        _ campaign: String,
        _ received: [TestPostfix.Received],
        in place: ScenarioPlace
    ) async throws {
        let count = "\(numbers.messages)"
        #expect(figures["audience"] == count && figures["delivered"] == count, "\(figures)")
        let byRecipient = Dictionary(grouping: received, by: \.recipient)
        #expect(Set(byRecipient.keys) == Set((0..<numbers.messages).map(Self.address)), "V1: somebody got nothing")
        #expect(received.allSatisfy { $0.content.contains("using TLSv1.") }, "V3: something came without TLS")
        let repeated = byRecipient.filter { $0.value.count > 1 }
        for (recipient, copies) in repeated {
            #expect(Set(copies.map { Self.withoutTrace($0.content) }).count == 1, "\(recipient): copies differ")
        }
        let doubts = Int(figures["attempts_in_doubt"] ?? "") ?? -1
        let extra = received.count - numbers.messages
        print("Killed campaign: \(extra) messages came twice, \(doubts) attempts were in doubt")
        #expect(extra <= doubts, "V2: \(extra) extra copies, and \(doubts) attempts in doubt")
        #expect(doubts <= numbers.kills * DeliveryConfiguration().concurrencyPerDestination)
        try await check(repeated.mapValues(\.count), of: campaign, in: place)
        let entries = try await place.wardDoes(
            "audit",
            "list",
            "--action",
            "message.deliver",
            "--limit",
            "10000",
            "--json"
        )
        #expect(entries.split(separator: "\n").count == min(numbers.messages, 10_000), "V1: deliveries in the log")
        let verdict = try await place.wardDoes("audit", "verify", "--json")
        #expect(try Self.fields(verdict)["verdict"] == "intact", "V5: \(verdict)")
    }

    /// Whoever got a message more than once had so many attempts in doubt, and no work is left over.
    private func check(_ copies: [String: Int], of campaign: String, in place: ScenarioPlace) async throws {
        let id = try #require(CampaignID(campaign))
        try await place.opened { installation in
            let requester = try await ScenarioPlace.requester(in: installation)
            let leased = try await installation.store.read { tx in
                try tx.first("SELECT count(*) FROM work_item WHERE owner IS NOT NULL", as: Int.self)
            }
            #expect(leased == 0, "V6: work that nobody does")
            for (recipient, count) in copies {
                let found = try await installation.modules.contacts.find(.email(Sensitive(recipient)), by: requester)
                let contact = try #require(found.first).contact
                let decision = try await installation.modules.campaigns.decision(
                    about: contact,
                    in: id,
                    requester: requester
                )
                guard case .message(let explanation) = decision else {
                    Issue.record("\(recipient): \(count) copies of no message")
                    continue
                }
                let doubts = explanation.attempts.count { $0.outcome.hasPrefix("in_doubt") }
                #expect(count - 1 <= doubts, "V2: \(recipient) got \(count) copies with \(doubts) attempts in doubt")
            }
        }
    }

    /// The message as it left: without what the receiving server put in front.
    private static func withoutTrace(_ content: String) -> String {
        var lines = content.split(separator: "\n", omittingEmptySubsequences: false)[...]
        let trace = ["Return-Path:", "X-Original-To:", "Delivered-To:", "Received:", "\t", " "]
        while let line = lines.first, trace.contains(where: { line.hasPrefix($0) }) { lines.removeFirst() }
        return lines.joined(separator: "\n")
    }

    static func fields(_ json: String) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    }
}
