// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardCampaigns
import WardConsent
import WardContacts
import WardDelivery
import WardKernel
import WardPortal
import WardScenarioKit
import WardSegments
import WardServer
import WardStorage
import WardTestKit

/// After the whole story no protected value stands in the clear in any file, in any of the forms that bytes are written in
/// (invariants I1 and I8): data directory, keys, database, audit export, logs, what the programs said.
@Suite(.serialized) struct PlantedValuesTests {
    @Test(.timeLimit(.minutes(10)), arguments: TestStore.kinds)
    func `two hundred planted values stand nowhere in the clear after the story`(kind: StoreKind) async throws {
        let plain = TestPostfix.Options(hostName: "mx.plain.example", certificateName: nil, domains: ["plain.example"])
        try await TestPostfix.with(.trusted("tls.example")) { protected in
            try await TestPostfix.with(plain) { open in
                switch kind {
                case .sqlite:
                    try await ScenarioPlace.at(store: "sqlite") { place in
                        try await play(in: place, protected, open)
                        try check(place, besides: nil, control: protected)
                    }
                case .postgres:
                    try await TestPostgres.withOwn(named: "seal") { postgres in
                        try await ScenarioPlace.at(store: postgres.address()) { place in
                            try await play(in: place, protected, open)
                            postgres.stop()
                            try check(place, besides: postgres.folder, control: protected)
                        }
                    }
                }
            }
        }
    }

    private func check(_ place: ScenarioPlace, besides folder: String?, control: TestPostfix) throws {
        let planted = PlantedValues()
        #expect(Set(planted.all).count >= 200)
        let search = ByteSearch(planted.all)
        // The search finds what is there: in the mail that left, and each value in each of its forms.
        let mail = Data(try control.messages().map(\.content).joined().utf8)
        #expect(!search.findings(in: mail).isEmpty)
        for value in planted.all {
            for (form, bytes) in ByteSearch.forms(of: value) {
                let found = search.findings(in: Data([1, 2, 3] + bytes + [4]))
                #expect(found.contains { $0.hasPrefix(value) }, "\(form) is not found")
            }
        }
        for folder in [place.folder, folder].compactMap(\.self) {
            let findings = search.findings(below: folder)
            #expect(findings.isEmpty, "\(findings.prefix(20).joined(separator: "\n"))")
        }
    }

    // MARK: The story

    private func play(in place: ScenarioPlace, _ protected: TestPostfix, _ open: TestPostfix) async throws {
        let planted = PlantedValues()
        try place.configure(store: place.store, more: "log:\n  level: debug")
        try await place.establish("Lakeside Health")
        let world = ScenarioWorld(
            rootsPath: try place.write(protected.authority.rootPEM, to: "roots.pem"),
            routes: [
                ScenarioWorld.route(domain: "tls.example", port: protected.port, certificateName: "mx.tls.example"),
                ScenarioWorld.route(domain: "plain.example", port: open.port, certificateName: "mx.plain.example"),
            ]
        )
        let server = try await place.startServer(world)
        try await bringIn(planted, place)
        expectSame(try await place.stop(server), .exited(0))
        let campaign = try await inProcess(place, world) { try await Self.write(planted, $0, $1) }
        let second = try await place.startServer(world)
        try await wait(upTo: .seconds(120), every: .milliseconds(300), for: "the end of the campaign") {
            let report = try await place.wardDoes("campaign", "report", "\(campaign)", "--json")
            return try KilledCampaignTests.fields(report)["pending"] == "0"
        }
        try await visit(planted, place, try await open.waitForMessages(planted.people.count / 2))
        expectSame(try await place.stop(second), .exited(0))
        try await inProcess(place, world) { try await Self.answer(planted, $0, $1) }
        try await place.wardDoes("audit", "export", place.folder + "/export")
        try await place.wardDoes("audit", "verify")
    }

    /// The files come in through the server's socket; their sources are taken away again.
    private func bringIn(_ planted: PlantedValues, _ place: ScenarioPlace) async throws {
        let people = try place.write(planted.peopleFile, to: planted.fileName)
        let conditions = try place.write(planted.conditionsFile, to: "conditions.csv")
        let imported = try await place.wardDoes("contacts", "import", people, "--source", "clinic", "--json")
        let fields = try KilledCampaignTests.fields(imported)
        #expect(
            fields["added"] == "\(planted.people.count)" && fields["rejected"] == "\(planted.rejected.count)",
            "\(fields)"
        )
        let joined = try await place.wardDoes("contacts", "import", conditions, "--source", "clinic", "--json")
        #expect(try KilledCampaignTests.fields(joined)["added"] == "\(planted.people.count)", "\(joined)")
        for path in [people, conditions] { try FileManager.default.removeItem(atPath: path) }
    }

    /// Opens the installation in this process; what it logs is searched too.
    private func inProcess<Result>(
        _ place: ScenarioPlace,
        _ world: ScenarioWorld,
        _ body: (Installation, Requester) async throws -> Result
    ) async throws -> Result {
        let lines = Mutex("")
        let result = try await place.opened(world, logging: { line in lines.withLock { $0 += line + "\n" } }) {
            installation in
            try await body(installation, try await ScenarioPlace.requester(in: installation))
        }
        _ = try place.write(lines.withLock { $0 }, to: "in-process-\(UInt32.random(in: 0 ... .max)).log")
        return result
    }

    private static func write(
        _ planted: PlantedValues,
        _ installation: Installation,
        _ requester: Requester
    ) async throws -> CampaignID {
        let modules = installation.modules
        let person = planted.people[0]
        let found = try await modules.contacts.find(.email(Sensitive(person.email)), by: requester)
        _ = try await modules.contacts.reveal(
            try #require(found.first).contact,
            reason: Sensitive(planted.revealReason),
            by: requester
        )
        let rule = "city = \"\(planted.segmentValue)\" or any(condition where display = \"\(person.condition)\")"
        let stored = try await modules.segments.create(name: "Hands", rule: rule, by: requester)
        _ = try await modules.segments.count(stored.id, by: requester)
        let everybody = try await modules.segments.create(name: "All", rule: "email is not missing", by: requester)
        let draft = CampaignDraft(
            name: "Hands",
            segment: everybody.id,
            answers: ClassificationAnswers(
                isFundraising: false,
                isRefillReminder: false,
                encouragesPurchase: false,
                subject: .treatment,
                payment: ThirdPartyPayment.none
            ),
            subject: "News for you",
            text: "Dear {{ given_name | \"patient\" }} {{ family_name | \"\" }},\n\n\(planted.campaignText)\n",
            sensitivity: .sensitive
        )
        let id = try await modules.campaigns.create(draft, requester: requester)
        _ = try await modules.campaigns.preflight(id, requester: requester)
        try await modules.campaigns.sendNow(id, requester: requester)
        return id
    }

    /// One person follows the link, is wrong once, is recognised, reads and answers, over HTTP.
    private func visit(
        _ planted: PlantedValues,
        _ place: ScenarioPlace,
        _ notices: [TestPostfix.Received]
    ) async throws {
        let person = planted.people[1]
        let notice = try #require(notices.first { $0.recipient == person.email })
        let token = try #require(TwoOrganizationsStory.token(after: "/m/", in: notice.content))
        let browser = try PatientBrowser(port: place.patientPort)
        let path = "/lakeside-health/m/\(token)"
        let asked = try await browser.get(path)
        #expect(asked.status == 200, "\(asked.text)")
        let wrong = planted.wrongDay
        let refused = try await browser.post(
            path,
            ["month": wrong.month, "day": wrong.day, "year": wrong.year],
            from: asked
        )
        #expect(refused.status == 422)
        let parts = person.birthDate.split(separator: "-").map(String.init)
        let opened = try await browser.post(
            path,
            ["month": parts[1], "day": parts[2], "year": parts[0]],
            from: refused
        )
        #expect(opened.status == 303, "\(opened.text)")
        let message = try await browser.get("/lakeside-health/message")
        #expect(message.text.contains(planted.campaignText) && message.text.contains(person.given))
        let identifier = try #require(PatientBrowser.value(of: "identifier", in: message.text))
        let kept = try await browser.post(
            "/lakeside-health/message",
            ["answer": planted.answer, "identifier": identifier],
            from: message
        )
        #expect(kept.status == 303, "\(kept.text)")
    }

    private static func answer(
        _ planted: PlantedValues,
        _ installation: Installation,
        _ requester: Requester
    ) async throws {
        let portal = installation.modules.portal
        let thread = try #require(try await portal.threads(.needsAnswer, requester: requester).threads.first)
        let detail = try await portal.thread(thread.id, requester: requester)
        let texts = detail.messages.map { $0.content.expose(for: .evaluating) { $0.text } }
        #expect(texts.contains(planted.answer))
        let outcome = try await portal.answer(
            thread.id,
            planted.reply,
            identifier: installation.surroundings.makeIdentifier(),
            author: "Dana Reyes, RN",
            sensitivity: .sensitive,
            requester: requester
        )
        guard case .sent = outcome else { throw ChildProcess.Failure(description: "The reply did not go: \(outcome)") }
        try await portal.agreePassphrase(
            Sensitive(planted.passphrase),
            with: thread.contact,
            reason: planted.revealReason,
            requester: requester
        )
        try await installation.working {
            try await wait(upTo: .seconds(60), for: "the reply to be delivered or in the portal") {
                let detail = try await portal.thread(thread.id, requester: requester)
                return detail.messages.count == 3
            }
        }
    }
}
