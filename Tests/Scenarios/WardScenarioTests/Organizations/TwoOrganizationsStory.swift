// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardCampaigns
import WardConsent
import WardContacts
import WardDelivery
import WardKernel
import WardPortal
import WardSegments
import WardServer
import WardStorage
import WardTestKit
import WardVault

/// What happens in the two organizations, and what each of them sees of it.
struct TwoOrganizationsStory: Sendable {
    let lakeside: OrganizationSide
    let hillside: OrganizationSide
    let protected: TestPostfix
    let open: TestPostfix

    private var modules: Modules { lakeside.installation.modules }

    func play() async throws {
        expectSame(try await lakeside.count("sex = \"female\""), "2")
        expectSame(try await hillside.count("sex = \"female\""), "1")
        let first = (try await lakeside.send("Lake news"), try await hillside.send("Hill news"))
        #expect(first.0.delivered == 2 && first.0.waitingInPortal == 1, "\(first.0.rows)")
        #expect(first.1.delivered == 1 && first.1.waitingInPortal == 1, "\(first.1.rows)")
        let mails = try await protected.waitForMessages(3)
        try checkMails(mails)
        try await visitPortals(try await open.waitForMessages(2))
        try await tryStrangers(first.0)
        try await unsubscribe(mails)
        let sam = try #require(EmailAddress("sam@plain.example"))
        try await modules.consent.suppress(sam, reason: .hardBounce, by: hillside.requester)
        try await checkConsent()
        let second = (try await lakeside.send("More lake news"), try await hillside.send("More hill news"))
        expectSame(try await lakeside.reason("pat@tls.example", in: second.0), "consent_withdrawn")
        expectSame(try await lakeside.reason("sam@plain.example", in: second.0), nil)
        expectSame(try await hillside.reason("pat@tls.example", in: second.1), nil)
        expectSame(try await hillside.reason("sam@plain.example", in: second.1), "address_suppressed")
    }

    /// The shared address got a message of each, which holds what that organization knows and nothing of the other.
    private func checkMails(_ mails: [TestPostfix.Received]) throws {
        let shared = mails.filter { $0.recipient == "pat@tls.example" }
        #expect(shared.count == 2)
        for (ours, theirs, name) in [(lakeside, hillside, "Patricia"), (hillside, lakeside, "Patrick")] {
            let mail = try #require(shared.first { $0.content.contains(ours.mark) })
            #expect(mail.content.contains("Dear \(name),") && !mail.content.contains(theirs.mark))
            #expect(!mail.content.contains(theirs.name))
        }
    }

    private func visitPortals(_ notices: [TestPostfix.Received]) async throws {
        let links = notices.compactMap { Self.token(after: "/m/", in: $0.content).flatMap { PortalToken($0) } }
        #expect(links.count == 2)
        let link = try #require(links.first { $0.organization == lakeside.requester.organization })
        let born = try #require(CalendarDate("1975-05-05"))
        let bornElsewhere = try #require(CalendarDate("1966-07-07"))
        let portal = modules.portal
        guard case .wrong = try await portal.recognise(.birthDate(bornElsewhere), at: link, networkAddress: nil),
            case .recognised(let visit, _) = try await portal.recognise(.birthDate(born), at: link, networkAddress: nil),
            case .answered(let conversation) = try await portal.read(visit: visit, networkAddress: nil)
        else { throw OrganizationSide.Unexpected() }
        let texts = conversation.messages.map { $0.content.expose(for: .evaluating) { $0.text } }
        #expect(texts.count == 1 && texts[0].contains(lakeside.mark) && !texts[0].contains(hillside.mark))
        _ = try await portal.answer(
            "Thank you",
            identifier: lakeside.installation.surroundings.makeIdentifier(),
            visit: visit,
            networkAddress: nil
        )
        let threads = try await portal.threads(.needsAnswer, requester: lakeside.requester).threads
        #expect(threads.count == 1)
        expectSame(try await portal.countOfThreadsNeedingAnswer(requester: hillside.requester), 0)
        let thread = try #require(threads.first).id
        await #expect(throws: PortalError.threadNotFound(thread)) {
            _ = try await portal.thread(thread, requester: hillside.requester)
        }
    }

    /// Hillside asks for Lakeside's things by their identifiers.
    private func tryStrangers(_ report: CampaignReport) async throws {
        let stranger = hillside.requester
        let contact = try await lakeside.contact("pat@tls.example")
        await #expect(throws: CampaignError.notFound(report.campaign)) {
            _ = try await modules.campaigns.report(report.campaign, requester: stranger)
        }
        await #expect(throws: SegmentsError.self) {
            _ = try await modules.segments.count(lakeside.segment, by: stranger)
        }
        expectSame(try await modules.contacts.summaries(of: [contact], by: stranger).count, 0)
        expectSame(try await hillside.givenName(of: contact), nil)
        expectSame(try await lakeside.givenName(of: contact), "Patricia")
        let people = try await modules.campaigns.people(
            behind: try #require(report.rows.first).source,
            of: report.campaign,
            requester: lakeside.requester
        )
        let message = try #require(people.first?.message)
        await #expect(throws: DeliveryError.messageNotFound(message)) {
            _ = try await modules.delivery.explain(message, by: stranger)
        }
    }

    /// The link of Lakeside's message ends Lakeside's mail alone.
    private func unsubscribe(_ mails: [TestPostfix.Received]) async throws {
        let mail = try #require(mails.first { $0.content.contains(lakeside.mark) && $0.recipient.hasPrefix("pat@") })
        let token = try #require(Self.token(after: "/u/", in: mail.content).flatMap { UnsubscribeToken($0) })
        expectSame(
            try await modules.consent.unsubscribe(with: token, source: .unsubscribeLink),
            .unsubscribed(.services, .email)
        )
    }

    private func checkConsent() async throws {
        let ours = try await modules.consent.overview(by: lakeside.requester)
        let theirs = try await modules.consent.overview(by: hillside.requester)
        func withdrawn(_ overview: ConsentOverview) -> Int {
            overview.totals.reduce(0) { $0 + ($1.choice == .withdrawn ? $1.people : 0) }
        }
        #expect(withdrawn(ours) == 1 && withdrawn(theirs) == 0)
        #expect(ours.suppressed.isEmpty && theirs.suppressed.map(\.addresses) == [1])
    }

    /// Erasing the shared patient in Lakeside leaves Hillside's patient readable.
    func erase() async throws {
        let ours = try await lakeside.contact("pat@tls.example")
        let theirs = try await hillside.contact("pat@tls.example")
        let (vault, organization) = (lakeside.installation.vault, lakeside.requester.organization)
        let outcome = try await lakeside.installation.store.write { tx in
            try vault.destroySubject(ours, of: organization, in: tx)
        }
        #expect(outcome != .nothingToDestroy)
        expectSame(try await lakeside.givenName(of: ours), nil)
        expectSame(try await hillside.givenName(of: theirs), "Patrick")
        expectSame(try await hillside.count("email is not missing"), "2")
    }

    /// Each log verifies alone, and an export holds nobody of the other organization.
    func compareLogs(in place: ScenarioPlace) async throws {
        let reader = lakeside.installation.auditReader
        for (ours, theirs) in [(lakeside, hillside), (hillside, lakeside)] {
            guard case .intact = try await reader.verify(by: ours.requester) else {
                Issue.record("\(ours.name): the log does not verify")
                continue
            }
            let folder = place.folder + "/export-" + String(ours.name.prefix(4))
            let export = try await reader.export(to: folder, by: ours.requester)
            #expect(export.entries > 20)
            let foreign = try await theirs.contact("sam@plain.example")
            let own = try await ours.contact("sam@plain.example")
            #expect(try Self.files(naming: own, below: folder) > 0)
            #expect(
                try Self.files(naming: foreign, below: folder) == 0,
                "\(ours.name) names a person of \(theirs.name)"
            )
            let verified = try await place.ward("audit", "verify", "--export", folder)
            #expect(verified.status == 0, "\(verified.errors)")
        }
    }

    private static func files(naming contact: ContactID, below folder: String) throws -> Int {
        let needle = Data("\(contact)".utf8)
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.count { FileManager.default.contents(atPath: folder + "/" + $0)?.range(of: needle) != nil }
    }

    /// The last part of the first address with this path in a message (quoted-printable undone).
    static func token(after path: String, in content: String) -> String? {
        let text = content.replacing("=\n", with: "")
        guard let start = text.range(of: path)?.upperBound else { return nil }
        return String(text[start...].prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }
}
