// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardDelivery
package import WardKernel
import WardStorage

extension Campaigns {
    /// Puts a chunk's messages together. A person whose message cannot be is left out with the reason, so that one person's
    /// values do not keep everybody else's messages back; what is wrong with the content itself, and whatever fails beside the
    /// composing, is thrown.
    func prepare(
        _ planned: [PlannedMessage],
        content: MessageContent
    ) async throws -> (planned: [PlannedMessage], prepared: [PreparedMessage]) {
        let drafts = planned.compactMap(\.draft)
        do {
            return (planned, try await delivery.prepare(drafts, content: content))
        } catch {
            let left = try makeable(planned, content: content)
            let remaining = left.compactMap(\.draft)
            guard remaining.count < drafts.count else { throw error }
            return (left, try await delivery.prepare(remaining, content: content))
        }
    }

    /// What of a plan can really be put together, for a dry run: nothing is signed and nothing kept.
    func makeable(_ planned: [PlannedMessage], of plan: MessagePlan) throws -> [PlannedMessage] {
        let content = try delivery.content(
            plan.terms,
            template: try plan.template.encoded,
            for: nil,
            of: plan.organization
        )
        return try makeable(planned, content: content)
    }

    private func makeable(_ planned: [PlannedMessage], content: MessageContent) throws -> [PlannedMessage] {
        try planned.map { person -> PlannedMessage in
            guard case .message(let contact, let draft, _) = person else { return person }
            do {
                try delivery.rehearse(draft, content: content)
                return person
            } catch let error as DeliveryError {
                throw error
            } catch {
                return .nothing(contact, .notMakeable)
            }
        }
    }

    /// Whether a campaign's messages carry an unsubscribe link and lack the button of mail programs for it, because the
    /// patients' site is not on https.
    package func lacksOneClick(_ id: CampaignID, requester: Requester) async throws -> Bool {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        return try await store.read { [self] tx in
            let row = try self.row(id, of: organization, in: tx)
            let draft = try openDraft(of: row, organization: organization, in: tx)
            let profile = try organizations.campaignOrganization(organization, in: tx)
            return draft.messageClass?.isCommercial == true && !CampaignComposer.hasOneClick(profile.patientOrigin)
        }
    }
}

extension PlannedMessage {
    var draft: MessageDraft? { if case .message(_, let draft, _) = self { draft } else { nil } }
}
