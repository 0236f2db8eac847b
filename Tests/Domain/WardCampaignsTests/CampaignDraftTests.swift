// SPDX-License-Identifier: Apache-2.0

import Testing
import WardConsent
import WardDelivery
import WardKernel
import WardPortal

@testable import WardCampaigns

@Suite struct CampaignDraftTests {
    private let fields = MergeFieldCatalogue([
        MergeField(name: "given_name", label: "Given name", isPHI: true),
        MergeField(name: "state", label: "State", isPHI: false),
    ])

    static func complete() -> CampaignDraft {
        CampaignDraft(
            name: "Flu shots",
            segment: SegmentID(high: 1, low: 2),
            answers: ClassificationAnswers(
                isFundraising: false,
                isRefillReminder: false,
                encouragesPurchase: false,
                subject: .treatment,
                payment: ThirdPartyPayment.none
            ),
            postalAddress: "1 Lake Road, Lakeside",
            senderName: "Lakeside Health",
            subject: "A message from Lakeside Health",
            text: "Dear {{ given_name | \"friend\" }},\n\nit is time for your flu shot.",
            sensitivity: .routine
        )
    }

    private func problemFields(_ change: (inout CampaignDraft) -> Void) -> [CampaignField] {
        var draft = Self.complete()
        change(&draft)
        return draft.problems(fields: fields).map(\.field)
    }

    @Test func `an empty draft is told everything that is missing`() {
        let found = CampaignDraft().problems(fields: fields).map(\.field)
        #expect(found == [.name, .segment, .senderName, .subject, .text, .classification, .sensitivity])
        #expect(Self.complete().problems(fields: fields).isEmpty)
    }

    @Test func `each mistake is named at its field`() {
        #expect(problemFields { $0.answers.isFundraising = nil } == [.classification])
        #expect(problemFields { $0.subject = "For {{ given_name }}" } == [.subject])
        #expect(problemFields { $0.subject = "two\nlines" } == [.subject])
        #expect(problemFields { $0.text = "{{ given_nam }}" } == [.text])
        #expect(problemFields { $0.text = "{{ given_name" } == [.text])
        #expect(problemFields { $0.senderName = "A\u{2028}B" } == [.senderName])
        #expect(problemFields { $0.subject = "Greetings to {{ state | \"you\" }}" }.isEmpty)
    }

    @Test func `commercial mail needs a postal address and a payer is named`() {
        #expect(
            problemFields {
                $0.answers.subject = .ownService
                $0.answers.encouragesPurchase = true
                $0.postalAddress = " "
            } == [.postalAddress]
        )
        var paid = Self.complete()
        paid.answers.payment = .paid
        #expect(paid.messageClass == .marketing)
        #expect(paid.problems(fields: fields).map(\.field) == [.payer])
    }
}

@Suite struct CampaignStateTests {
    @Test func `what is over stays over`() {
        for command in CampaignCommand.allCases {
            #expect(CampaignState.cancelled.after(command) == nil)
            #expect(CampaignState.finished.after(command) == nil)
        }
    }

    @Test func `only a draft or scheduled campaign starts, and only a sending one pauses or finishes`() {
        for state in CampaignState.allCases {
            #expect((state.after(.start) != nil) == (state == .draft || state == .scheduled))
            #expect((state.after(.pause) != nil) == (state == .sending))
            #expect((state.after(.finish) != nil) == (state == .sending))
            #expect((state.after(.resume) != nil) == (state == .paused))
        }
    }
}

@Suite struct CampaignComposerTests {
    private func compose(footer: Bool, values: CampaignValues) throws -> ComposedContent {
        let template = CampaignTemplate(
            subject: "Hello",
            text: "Dear {{ given_name }},\n\nbye",
            language: .english,
            footer: footer ? .init(organization: "Lakeside", postalAddress: "1 Lake Road") : nil
        )
        return try CampaignComposer().compose(try template.encoded, values: try values.encoded)
            .expose(for: .evaluating) { $0 }
    }

    @Test func `commercial mail carries address, link and both headers, and composes to the same bytes`() throws {
        let values = CampaignValues(fields: ["given_name": "{{ x }}<b>"], unsubscribe: "https://p.example/u/T")
        let content = try compose(footer: true, values: values)
        #expect(content.text.contains("Dear {{ x }}<b>,"))
        #expect(content.text.contains("1 Lake Road"))
        #expect(content.text.contains("https://p.example/u/T"))
        #expect(content.html?.contains("&lt;b&gt;") == true)
        let headers = content.headers.map { "\($0.name): \($0.value)" }
        #expect(
            headers == [
                "List-Unsubscribe: <https://p.example/u/T>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            ]
        )
        #expect(try compose(footer: true, values: values) == content)
    }

    /// The mail engine refuses such a header without https, and the campaign would never go out.
    @Test func `without https the way out stands in the text alone`() throws {
        let link = "http://127.0.0.1:8481/lakeside/u/T"
        let content = try compose(
            footer: true,
            values: CampaignValues(fields: ["given_name": "Ana"], unsubscribe: link)
        )
        #expect(content.text.contains(link))
        #expect(content.headers.isEmpty)
    }

    @Test func `mail that is not commercial carries neither`() throws {
        let content = try compose(footer: false, values: CampaignValues(fields: ["given_name": "Ana"]))
        #expect(content.headers.isEmpty)
        #expect(!content.text.contains("Unsubscribe"))
    }

    @Test func `a value that is missing stops composing`() {
        #expect(throws: CampaignComposeError.missing(["given_name"])) {
            try compose(footer: false, values: CampaignValues(fields: [:]))
        }
    }
}
