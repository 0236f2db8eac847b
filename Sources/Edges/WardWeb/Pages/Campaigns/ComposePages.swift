// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardConsent
import WardDelivery
import WardKernel
import WardPortal
import WardRender
import WardSegments

struct ComposeContent: PageModel {
    static let template = "campaigns/compose"

    struct Step: Sendable {
        let stepLabel: String
        let stepIsDone: Bool
        let stepHref: String
    }

    struct Problem: Sendable {
        let errorText: String
        let errorTarget: String
    }

    struct PreflightRow: Sendable {
        let rowMethod: StatusModel
        let rowReason: String
        let rowCount: String
        let rowHref: String
    }

    struct Preflight: Sendable {
        let preflightSentence: String
        let preflightRows: [PreflightRow]
        let asked: MomentModel
        let isOutdated: Bool
    }

    let campaignIdentifier: String
    let version: Int
    let steps: [Step]
    let mayEdit: Bool
    let mayPreview: Bool
    let maySend: Bool
    let summary: ErrorSummary?
    let name: FieldModel
    let segments: [ChoiceModel]
    let hasSegments: Bool
    let segmentError: String?
    let senderName: FieldModel
    let subject: FieldModel
    let text: FieldModel
    let languages: [ChoiceModel]
    let fields: [String]
    let protectedFields: [String]
    let questions: [QuestionModel]
    let classText: String
    let isClassified: Bool
    let classReason: String?
    let payer: FieldModel
    let postalAddress: FieldModel
    let sensitivities: [ChoiceModel]
    let missing: [Problem]
    let isComplete: Bool
    let preflight: Preflight?
    /// A check of everybody that is under way.
    let checking: ProgressContent?
    let sendLabel: String
    let zoneName: String
    let sendDate: String
    let sendTime: String
    let sendProblem: String?
}

/// The five steps of a campaign on one page that fills downward: audience, message, protection, when, review.
enum ComposePages {
    static func save(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let requester = try visit.requester
        let campaigns = visit.facades.campaigns
        let campaign = try await CampaignPages.find(id, visit)
        let draft = try draft(from: visit, before: campaign.draft)
        let version = Int(try visit.form.text("version")) ?? 0
        switch try await campaigns.save(draft, of: id, version: version, requester: requester) {
        case .saved: return .seeOther(visit.path("campaigns", "\(id)", query: [("saved", "1")]))
        case .changedElsewhere:
            let notice = Page.Notice(
                text: visit.words(
                    "Somebody else changed this campaign in the meantime. Below is their version; yours was not saved."
                ),
                tone: .warn
            )
            return .page(try await page(visit, campaign).with(notice), status: 409)
        case .notADraft: return .seeOther(visit.path("campaigns", "\(id)"))
        }
    }

    static func test(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let campaign = try await CampaignPages.find(id, visit)
        let notice: Page.Notice
        do {
            switch try await visit.facades.campaigns.sendTest(id, requester: try visit.requester) {
            case .queued, .alreadySubmitted:
                notice = .init(text: visit.words("A test with a made-up person is on its way to your own address."))
            case .held(_, let reason):
                notice = .init(text: visit.words("The test waits: ") + visit.words(reason.sentence), tone: .warn)
            case .notSent(_, let reason):
                notice = .init(text: visit.words("The test was not sent: ") + visit.words(reason.sentence), tone: .bad)
            }
        } catch let error as CampaignError {
            notice = .init(text: visit.words(error.description), tone: .bad)
        }
        return .page(try await page(visit, campaign).with(notice))
    }

    private static func draft(from visit: Visit, before: CampaignDraft) throws -> CampaignDraft {
        let form = visit.form
        func flag(_ name: String) throws -> Bool? {
            switch try form.text(name) {
            case "yes": true
            case "no": false
            default: nil
            }
        }
        var draft = before
        draft.name = try form.text("name")
        draft.segment = SegmentID(try form.text("segment"))
        draft.senderName = try form.text("sender_name")
        draft.subject = try form.text("subject")
        draft.text = try form.text("text")
        draft.language = PortalLanguage(rawValue: try form.text("language")) ?? before.language
        draft.answers = ClassificationAnswers(
            isFundraising: try flag("fundraising"),
            isRefillReminder: try flag("refill"),
            encouragesPurchase: try flag("encourages"),
            subject: MessageSubject(rawValue: try form.text("about")),
            payment: ThirdPartyPayment(rawValue: try form.text("payment"))
        )
        draft.payer = try form.text("payer")
        draft.postalAddress = try form.text("postal_address")
        draft.sensitivity = Sensitivity(rawValue: try form.text("sensitivity"))
        return draft
    }

    static func page(_ visit: Visit, _ campaign: Campaign, sendProblem: String? = nil) async throws -> Page {
        let requester = try visit.requester
        let campaigns = visit.facades.campaigns
        let problems = try await campaigns.problems(of: campaign.draft, requester: requester)
        let segments = try await visit.facades.segments.list(by: requester)
        let fields = try await campaigns.fields(requester: requester)
        let report = try await campaigns.lastPreflight(campaign.id, requester: requester)
        let checking = try await campaigns.preflightProgress(campaign.id, requester: requester)
        let content = ComposeModel(
            visit: visit,
            campaign: campaign,
            problems: problems,
            segments: segments,
            fields: fields,
            report: report,
            checking: checking,
            mayEdit: requester.may(.editCampaigns),
            mayPreview: requester.may(.revealContacts),
            maySend: requester.may(.sendCampaigns),
            sendProblem: sendProblem
        ).content
        var page = Page(
            campaign.draft.name.isEmpty ? visit.words("A new campaign") : campaign.draft.name,
            .staff(section: .campaigns),
            lede: visit.words("Audience, message, protection, when, review. Nothing goes out before the last step."),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Campaigns"), href: visit.base + "/campaigns")]
        if visit.query.has("saved") { page.notice = .init(text: visit.words("Saved.")) }
        return page
    }
}

/// Builds the compose page's values from what the façades answered.
struct ComposeModel {
    let visit: Visit
    let campaign: Campaign
    let problems: [CampaignProblem]
    let segments: [Segment]
    let fields: MergeFieldCatalogue
    let report: PreflightReport?
    let checking: PreflightProgress?
    let mayEdit: Bool
    let mayPreview: Bool
    let maySend: Bool
    let sendProblem: String?

    private var draft: CampaignDraft { campaign.draft }
    private var words: Words { visit.words }
    /// A page that was never saved shows its fields without complaints.
    private var isFresh: Bool { campaign.version == 1 }

    private func error(_ field: CampaignField) -> String? {
        isFresh ? nil : problems.first { $0.field == field }.map { words($0.sentence) }
    }

    var content: ComposeContent {
        let (classText, reason) = classification
        return ComposeContent(
            campaignIdentifier: "\(campaign.id)",
            version: campaign.version,
            steps: steps,
            mayEdit: mayEdit,
            mayPreview: mayPreview && problems.isEmpty,
            maySend: maySend,
            summary: nil,
            name: FieldModel(
                "name",
                words("Name"),
                help: words("Only staff sees it."),
                error: error(.name),
                value: draft.name,
                isRequired: false,
                isOptional: false,
                maxLength: DraftLimits.name
            ),
            segments: segments.map { segment in
                let size = segment.sizes.last.map {
                    words("{count} people when last counted", ["count": text(of: $0.size)])
                }
                return ChoiceModel("\(segment.id)", segment.name, help: size, isChosen: segment.id == draft.segment)
            },
            hasSegments: !segments.isEmpty,
            segmentError: error(.segment),
            senderName: FieldModel(
                "sender_name",
                words("Sender’s name"),
                help: words("As people see it in their list of messages."),
                error: error(.senderName),
                value: draft.senderName,
                isRequired: false,
                isOptional: false,
                maxLength: DraftLimits.senderName
            ),
            subject: FieldModel(
                "subject",
                words("Subject"),
                help: words("Others can read it on a locked phone: no protected facts."),
                error: error(.subject),
                value: draft.subject,
                isRequired: false,
                isOptional: false,
                maxLength: 200
            ),
            text: FieldModel(
                "text",
                words("Text"),
                help: words("Plain text; an empty line begins a paragraph. A fact: {{ given_name | \"friend\" }}."),
                error: error(.text),
                value: draft.text,
                isRequired: false,
                isOptional: false,
                isLong: true,
                maxLength: 60_000
            ),
            languages: PortalLanguage.allCases.map {
                ChoiceModel($0.rawValue, words($0 == .english ? "English" : "Spanish"), isChosen: $0 == draft.language)
            },
            fields: fields.fields.filter { !$0.isPHI }.map { "{{ \($0.name) }}" },
            protectedFields: fields.fields.filter(\.isPHI).map { "{{ \($0.name) }}" },
            questions: questions,
            classText: classText,
            isClassified: draft.messageClass != nil,
            classReason: reason,
            payer: FieldModel(
                "payer",
                words("Who pays"),
                error: error(.payer),
                value: draft.payer,
                isRequired: false,
                maxLength: DraftLimits.payer
            ),
            postalAddress: FieldModel(
                "postal_address",
                words("Postal address"),
                help: words("Stands below the text of commercial mail."),
                error: error(.postalAddress),
                value: draft.postalAddress,
                isRequired: false,
                maxLength: DraftLimits.postalAddress
            ),
            sensitivities: CampaignWords.sensitivities(visit, chosen: draft.sensitivity?.rawValue),
            missing: problems.map { .init(errorText: words($0.sentence), errorTarget: $0.field.rawValue) },
            isComplete: problems.isEmpty,
            preflight: preflight,
            checking: checking.map { CheckPages.content($0, visit) },
            sendLabel: sendLabel,
            zoneName: visit.times.zoneName,
            sendDate: visit.form.all("date").first ?? "",
            sendTime: visit.form.all("time").first ?? "09:00",
            sendProblem: sendProblem
        )
    }

    private func text(of size: SegmentCount) -> String {
        switch size {
        case .exactly(let count): Numbers.grouped(count)
        case .fewerThanEleven: words("fewer than 11")
        }
    }

    private var steps: [ComposeContent.Step] {
        func isDone(_ fields: CampaignField...) -> Bool { !problems.contains { fields.contains($0.field) } }
        return [
            .init(stepLabel: words("Audience"), stepIsDone: isDone(.name, .segment), stepHref: "#audience"),
            .init(stepLabel: words("Message"), stepIsDone: isDone(.senderName, .subject, .text), stepHref: "#message"),
            .init(
                stepLabel: words("Protection"),
                stepIsDone: isDone(.classification, .payer, .postalAddress, .sensitivity),
                stepHref: "#protection"
            ),
            .init(stepLabel: words("Review"), stepIsDone: report?.isCurrent ?? false, stepHref: "#review"),
            // The last step stands there only once it can be taken.
            .init(
                stepLabel: words("When"),
                stepIsDone: false,
                stepHref: problems.isEmpty && maySend ? "#when" : "#review"
            ),
        ]
    }

    private var questions: [QuestionModel] {
        let answers = draft.answers
        return [
            .init(
                questionLabel: words("Does it ask for a donation?"),
                choiceGroup: "fundraising",
                choices: CampaignWords.yesNo(visit, chosen: answers.isFundraising)
            ),
            .init(
                questionLabel: words("Is it a refill reminder, or about a drug that the person is prescribed now?"),
                choiceGroup: "refill",
                choices: CampaignWords.yesNo(visit, chosen: answers.isRefillReminder)
            ),
            .init(
                questionLabel: words("Does it encourage people to buy or use a product or service?"),
                choiceGroup: "encourages",
                choices: CampaignWords.yesNo(visit, chosen: answers.encouragesPurchase)
            ),
            .init(
                questionLabel: words("What is it about?"),
                choiceGroup: "about",
                choices: CampaignWords.subjects(visit, chosen: answers.subject)
            ),
            .init(
                questionLabel: words("Who pays for it?"),
                choiceGroup: "payment",
                choices: CampaignWords.payments(visit, chosen: answers.payment)
            ),
        ]
    }

    private var classification: (String, String?) {
        switch draft.answers.classification {
        case .classified(let messageClass, let reason):
            (words(CampaignWords.className(messageClass)), words(reason.sentence))
        case .unclassified: (words("Not classified yet: it cannot be sent."), nil)
        }
    }

    private var preflight: ComposeContent.Preflight? {
        guard let report else { return nil }
        return .init(
            preflightSentence: PreflightWords.sentence(report, visit),
            preflightRows: report.groups.map { group in
                .init(
                    rowMethod: PreflightWords.status(group.method, visit),
                    rowReason: words(group.sentence),
                    rowCount: Numbers.grouped(group.count),
                    rowHref: visit.path(
                        "campaigns",
                        "\(campaign.id)",
                        "people",
                        query: [("of", "preflight"), ("method", group.method.rawValue), ("reason", group.reason)]
                    ).text
                )
            },
            asked: visit.moment(report.finishedAt),
            isOutdated: !report.isCurrent
        )
    }

    private var sendLabel: String {
        guard let report, report.isCurrent else { return words("Send now") }
        return words("Send to {count} people now", ["count": Numbers.grouped(report.reached)])
    }
}

/// A preflight in one sentence, as people would say it.
enum PreflightWords {
    static func sentence(_ report: PreflightReport, _ visit: Visit) -> String {
        let words = visit.words
        func number(_ method: PreflightMethod) -> String { Numbers.grouped(report.count(method)) }
        var parts = [
            words("{count} by verified TLS", ["count": number(.verifiedTLS)]),
            words("{count} in the portal", ["count": number(.portal)]),
        ]
        let encrypted = report.count(.smime) + report.count(.openPGP)
        if encrypted > 0 {
            parts.append(words("{count} encrypted to their own key", ["count": Numbers.grouped(encrypted)]))
        }
        if report.count(.unproved) > 0 {
            parts.append(words("{count} as plain mail", ["count": number(.unproved)]))
        }
        if report.count(.held) > 0 { parts.append(words("{count} kept back", ["count": number(.held)])) }
        parts.append(words("{count} not at all", ["count": number(.notAtAll)]))
        return words("{count} {count|person|people}", count: report.total) + ": " + parts.joined(separator: ", ") + "."
    }

    static func status(_ method: PreflightMethod, _ visit: Visit) -> StatusModel {
        switch method {
        case .smime: StatusModel(visit.words("S/MIME"), .good)
        case .openPGP: StatusModel(visit.words("OpenPGP"), .good)
        case .verifiedTLS: StatusModel(visit.words("Verified TLS"), .good)
        case .portal: StatusModel(visit.words("Portal"), .plain)
        case .unproved: StatusModel(visit.words("Mail without proved TLS"), .warn)
        case .held: StatusModel(visit.words("Kept back"), .warn)
        case .notAtAll: StatusModel(visit.words("Not at all"), .bad)
        }
    }
}
