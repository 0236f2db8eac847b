// SPDX-License-Identifier: Apache-2.0

package import WardDelivery
package import WardKernel
package import WardStorage

/// What campaigns need of the one send path; `Delivery` is it. Tests remember instead of sending.
package protocol CampaignDelivery: Sendable {
    func content(
        _ terms: MessageTerms,
        template: Sensitive<[UInt8]>,
        for owner: ContactID?,
        of organization: OrganizationID
    ) throws -> MessageContent
    func store(_ content: MessageContent, in tx: any WriteTransaction) throws
    func content(_ id: MessageContentID, of organization: OrganizationID) async throws -> MessageContent
    func waitWhileAmple() async throws
    func prepare(_ drafts: [MessageDraft], content: MessageContent) async throws -> [PreparedMessage]
    func rehearse(_ draft: MessageDraft, content: MessageContent) throws
    func submit(
        _ messages: [PreparedMessage],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> [SubmissionOutcome]

    func dryRun(
        _ candidates: [DryRunCandidate],
        terms: MessageTerms,
        by requester: Requester
    ) async throws -> [GateDecision]
    @discardableResult
    func learnProtection(of domains: Set<String>, by requester: Requester) async throws -> Int

    func pause(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws
    func resume(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws
    func releasePaused(of campaign: CampaignID, by requester: Requester) async throws
    func cancel(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws
    func cancelMessages(of campaign: CampaignID, by requester: Requester) async throws

    func counts(of campaign: CampaignID, by requester: Requester) async throws -> DeliveryCounts
    func people(
        behind count: DeliveryCount,
        of campaign: CampaignID,
        after: MessageID?,
        limit: Int,
        by requester: Requester
    ) async throws -> [DeliverySummary]
    func explain(_ message: MessageID, by requester: Requester) async throws -> DeliveryExplanation
}

extension Delivery: CampaignDelivery {}
