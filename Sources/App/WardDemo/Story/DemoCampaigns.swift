// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardCommands
import WardConsent
import WardDelivery
import WardKernel
import WardSegments
import WardServer

/// The demonstration's segments and campaigns.
struct DemoCampaigns: Sendable {
    /// After so long every message of the demonstration has a final state: its retries end within 40 seconds.
    static let patience = Duration.seconds(50)

    let installation: Installation
    let requester: Requester
    let telling: DemoTelling

    private var campaigns: Campaigns { installation.modules.campaigns }

    struct Segments: Sendable {
        let everybody: SegmentID
    }

    /// Three segments, counted.
    func makeSegments() async throws -> Segments {
        let segments = installation.modules.segments
        let started = installation.surroundings.now()
        let everybody = try await segments.create(
            name: "Everybody with an e-mail address",
            rule: "email is not missing",
            by: requester
        )
        let mammogram = try await segments.create(
            name: "Women due for a mammogram",
            rule: """
                age between 40 and 74 and sex = "female"
                  and not any(procedure where code = "71651007" within 2 years)
                """,
            by: requester
        )
        let missed = try await segments.create(
            name: "Missed an appointment this year",
            rule: #"count(appointment where status = "no-show" within 1 year) >= 1"#,
            by: requester
        )
        for segment in [mammogram, missed] { _ = try await segments.count(segment.id, by: requester) }
        let tally = try await segments.count(everybody.id, by: requester)
        var count = 0
        if case .exactly(let exact) = tally.count { count = exact }
        await telling.step("In the segment", "in_segment", count: count, since: started)
        return Segments(everybody: everybody.id)
    }

    static let draft = CampaignDraft(
        name: "Flu shots: walk-in days",
        answers: ClassificationAnswers(
            isFundraising: false,
            isRefillReminder: false,
            encouragesPurchase: true,
            subject: .treatment,
            payment: ThirdPartyPayment.none
        ),
        subject: "Walk-in days for your flu shot",
        text: """
            Dear {{ given_name | "patient" }},

            the flu season has begun. You can come in for your flu shot without an appointment, on any weekday from
            8 to 11 in the morning, at 1 Shore Road. Please bring your insurance card.

            If you have had your shot elsewhere, answer this message and we will note it.

            Your care team at Lakeside Health
            """,
        sensitivity: .routine
    )

    /// Preflight, send, drain. Returns the finished report.
    func send(_ draft: CampaignDraft, to segment: SegmentID) async throws -> CampaignReport {
        var draft = draft
        draft.segment = segment
        let id = try await campaigns.create(draft, requester: requester)
        let checking = installation.surroundings.now()
        let preflight = try await campaigns.preflight(id, requester: requester)
        await telling.step(
            "Cleared",
            "cleared",
            count: preflight.reached,
            since: checking,
            note: "\(preflight.count(.verifiedTLS).grouped) by TLS, \(preflight.count(.portal).grouped) by portal"
        )
        let sending = installation.surroundings.now()
        try await campaigns.sendNow(id, requester: requester)
        let report = try await drain(id, since: sending)
        await telling.step(
            "Delivered",
            "delivered_now",
            count: report.delivered,
            since: sending,
            note: "their servers’ 250"
        )
        await telling.step("In the portal", "in_portal", count: report.waitingInPortal, since: sending)
        return report
    }

    /// Waits until every message has a final state, `patience` at most.
    func drain(_ id: CampaignID, since started: Timestamp) async throws -> CampaignReport {
        while true {
            let report = try await campaigns.report(id, requester: requester)
            let waited = installation.surroundings.now().since(started)
            if report.isComplete || waited > Self.patience { return report }
            await telling.progress(
                "Sending: \(report.delivered.grouped) delivered, \(report.waitingInPortal.grouped) in the portal, "
                    + "\(report.pending.grouped) to go"
            )
            try await installation.surroundings.wait(.milliseconds(200))
        }
    }

    /// A second campaign that stands on the calendar.
    func schedule(to segment: SegmentID) async throws {
        var draft = Self.draft
        draft.name = "Appointment line: new opening hours"
        draft.answers = ClassificationAnswers(
            isFundraising: false,
            isRefillReminder: false,
            encouragesPurchase: false,
            subject: .administration,
            payment: ThirdPartyPayment.none
        )
        draft.subject = "New opening hours of our appointment line"
        draft.text = """
            Dear {{ given_name | "patient" }},

            from next month our appointment line is open from 7 in the morning to 7 in the evening, Monday to Saturday.

            Your care team at Lakeside Health
            """
        draft.segment = segment
        let id = try await campaigns.create(draft, requester: requester)
        _ = try await campaigns.preflight(id, requester: requester)
        try await campaigns.schedule(id, at: installation.surroundings.now() + .days(3), requester: requester)
    }
}
