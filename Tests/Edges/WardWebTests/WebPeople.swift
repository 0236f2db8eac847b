// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardConsent
import WardContacts
import WardDelivery
import WardIdentity
import WardKernel
import WardPortal
import WardSegments
import WardStorage
import WardTestKit

@testable import WardWeb

extension WebWorld {
    /// Who a session's token stands for.
    func requester(_ token: String) async throws -> Requester {
        let answer = try await identity.session(
            token: token,
            of: organization.id,
            from: RequestOrigin(networkAddress: "192.0.2.7")
        )
        guard case .current(let session) = answer else { throw Unexpected() }
        return session.requester
    }

    /// A new session of a colleague whose old one is over.
    func signIn(_ email: String) async throws -> String {
        var browser = browser()
        browser.visitToken = "0123456789abcdef"
        let fields = [("email", email), ("password", Self.password)]
        let answer = try await browser.post("/\(organization.slug)/sign-in", fields)
        let cookie = answer.header("set-cookie")?.split(separator: ";").first
        guard answer.status == 303, let token = cookie?.split(separator: "=").last else { throw Unexpected() }
        return String(token)
    }

    /// A made-up person.
    func makePerson(
        _ given: String = "Ada",
        email: String = "ada@pond.example",
        born: CalendarDate? = CalendarDate(year: 1980, month: 3, day: 27),
        by requester: Requester
    ) async throws -> ContactID {
        var attributes: [AttributeName: AttributeValue] = [
            .givenName: .text(given), .familyName: .text("Marsh"), .email: .text(email),
        ]
        if let born { attributes[.birthDate] = .date(born) }
        guard case .created(let id, _) = try await facades.contacts.create(Sensitive(attributes), by: requester) else {
            throw Unexpected()
        }
        return id
    }

    /// A complete draft to everybody.
    func makeCampaign(_ sensitivity: Sensitivity, by requester: Requester) async throws -> CampaignID {
        let segment = try await facades.segments.create(name: "Everybody", rule: "everyone", by: requester)
        let draft = CampaignDraft(
            name: "Letters",
            segment: segment.id,
            answers: ClassificationAnswers(
                isFundraising: false,
                isRefillReminder: false,
                encouragesPurchase: false,
                subject: .treatment,
                payment: ThirdPartyPayment.none
            ),
            senderName: "Lakeside Health",
            subject: "A message from Lakeside Health",
            text: "Dear {{ given_name | \"friend\" }}, please call us.",
            sensitivity: sensitivity
        )
        return try await facades.campaigns.create(draft, requester: requester)
    }

    /// A conversation that began with a message in the portal.
    func makeThread(with contact: ContactID, by requester: Requester) async throws -> ThreadID {
        let people = PagePeople(contacts: facades.contacts, identity: identity)
        let deposits = PortalDeposits(
            vault: ground.vault,
            audit: ground.audit,
            people: people,
            organizations: people,
            surroundings: clock.surroundings
        )
        let organization = organization.id
        let id: MessageID = clock.surroundings.makeIdentifier()
        _ = try await store.write { tx in
            let sender = try people.portalOrganization(organization, in: tx).sender
            let deposit = PortalDeposit(
                organization: organization,
                delivery: id,
                contact: contact,
                terms: MessageTerms(messageClass: .treatment, sensitivity: .routine, sender: sender),
                content: Sensitive(ComposedContent(subject: "Hello", text: "Please answer"))
            )
            return try deposits.deposit(deposit, in: tx)
        }
        let all = try await facades.portal.threads(.person(contact), requester: requester).threads
        guard let thread = all.first else { throw Unexpected() }
        return thread.id
    }

    /// Lets the campaign worker do what is due.
    func workOnCampaigns() async throws {
        let worker = CampaignWorker(facades.campaigns)
        for _ in 0..<8 {
            try await worker.runOnce()
            clock.advance(by: .seconds(5))
        }
    }

    /// The facts of the entries with an action, the oldest first.
    func auditFacts(_ action: String) async throws -> [String] {
        try await store.read { tx in
            try tx.rows("SELECT facts FROM audit_entry WHERE action = \(action) ORDER BY recorded_at, id")
                .map { try $0.value(at: 0, as: String.self) }
        }
    }
}
