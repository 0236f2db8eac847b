// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCampaigns
import WardConsent
import WardContacts
import WardDelivery
import WardKernel
import WardSegments
import WardServer
import WardTestKit

/// One of the two organizations, as its staff sees it.
struct OrganizationSide: Sendable {
    let installation: Installation
    let name: String
    let requester: Requester
    let segment: SegmentID
    /// Stands in every message of this organization and nowhere else.
    var mark: String { "Written by \(name)." }

    struct Unexpected: Error {}

    /// Imports the people with a basis to write to them, and makes the segment of everybody.
    static func make(_ name: String, people: String, in installation: Installation) async throws -> OrganizationSide {
        let requester = try await ScenarioPlace.requester(in: installation, of: name)
        let basis = WritingBasis(
            purposes: ["care", "administrative", "services"],
            origin: "Intake form",
            wordingVersion: "1",
            obtainedAt: installation.surroundings.now()
        )
        let bytes = AsyncStream<[UInt8]> { stream in
            stream.yield(Array(people.utf8))
            stream.finish()
        }
        let outcome = try await installation.modules.contacts.importFile(
            fileName: "people.csv",
            bytes,
            source: "clinic",
            basis: basis,
            by: requester
        )
        guard case .imported(let progress) = outcome, progress.counts.rejected == 0 else { throw Unexpected() }
        let segment = try await installation.modules.segments.create(
            name: "Everybody",
            rule: "email is not missing",
            by: requester
        )
        return OrganizationSide(installation: installation, name: name, requester: requester, segment: segment.id)
    }

    /// Writes to everybody about a service of its own, which needs consent, and waits until it is done.
    func send(_ title: String) async throws -> CampaignReport {
        let campaigns = installation.modules.campaigns
        let draft = CampaignDraft(
            name: title,
            segment: segment,
            answers: ClassificationAnswers(
                isFundraising: false,
                isRefillReminder: false,
                encouragesPurchase: true,
                subject: .ownService,
                payment: ThirdPartyPayment.none
            ),
            subject: title,
            text: "Dear {{ given_name | \"patient\" }},\n\n\(mark)\n",
            sensitivity: .routine
        )
        let id = try await campaigns.create(draft, requester: requester)
        _ = try await campaigns.preflight(id, requester: requester)
        try await campaigns.sendNow(id, requester: requester)
        return try await installation.report(ofFinished: id, by: requester)
    }

    func contact(_ address: String) async throws -> ContactID {
        let found = try await installation.modules.contacts.find(.email(Sensitive(address)), by: requester)
        guard let only = found.first, found.count == 1 else { throw Unexpected() }
        return only.contact
    }

    func count(_ rule: String) async throws -> String {
        "\(try await installation.modules.segments.count(rule: rule, by: requester).count)"
    }

    /// The reason why nothing was sent to a person, nil when something was.
    func reason(_ address: String, in report: CampaignReport) async throws -> String? {
        let decision = try await installation.modules.campaigns.decision(
            about: try await contact(address),
            in: report.campaign,
            requester: requester
        )
        guard case .message(let explanation) = decision else { throw Unexpected() }
        return explanation.summary.standing == .notSent ? explanation.summary.reason : nil
    }

    /// The given name that this organization knows of a person, nil when nobody can read it.
    func givenName(of contact: ContactID) async throws -> String? {
        let outcome = try await installation.modules.contacts.reveal(
            contact,
            reason: Sensitive("Scenario"),
            by: requester
        )
        guard case .revealed(let facts) = outcome else { return nil }
        return facts.expose(for: .evaluating) { facts in
            if case .text(let name) = facts.attributes[.givenName] { name } else { nil }
        }
    }
}
