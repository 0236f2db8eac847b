// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct DecisionContent: PageModel {
    static let template = "campaigns/decision"

    struct Answer: Sendable {
        let questionText: String
        let answerStatus: StatusModel
        let ruleText: String
    }

    struct Attempt: Sendable {
        let attemptTitle: String
        let began: MomentModel
        let evidence: String
    }

    let person: ProtectedValueModel
    let standing: StatusModel
    let standingReason: String?
    let protects: String?
    /// What its sender asked for.
    let wishes: [String]
    let hasWishes: Bool
    let answers: [Answer]
    let asked: MomentModel?
    let attempts: [Attempt]
    let notAsked: [String]
    /// What somebody can do about a message that waits.
    let remedy: HoldRemedy?
    /// Where the message is shown as it was sent.
    let sentHref: String?
}

/// What a person can do about a message that is held because nobody could be recognised.
struct HoldRemedy: Sendable {
    let remedyText: String
    let remedyLink: LinkModel?
    /// Where the gate is asked again once it is done; nil for those who may not.
    let againHref: String?
}

/// Why one person’s message went the way it went, in words that a nurse understands, the evidence folded below.
enum DecisionPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let contact: ContactID = try visit.identifier("contact")
        let campaign = try await CampaignPages.find(id, visit)
        let decision = try await visit.facades.campaigns.decision(
            about: contact,
            in: id,
            requester: try visit.requester
        )
        let names = try await MessagesPages.names(of: [contact], visit)
        let person = names[contact] ?? .init(phiText: "••••", isMasked: true)
        let content: DecisionContent
        switch decision {
        case .notInAudience: throw NotFound()
        case .toBeMade:
            content = plain(person, StatusModel(visit.words("The message is still to be made"), .plain), nil)
        case .noMessage(let reason):
            content = plain(person, StatusModel(visit.words("Not sent"), .bad), visit.words(reason.sentence))
        case .message(let explanation): content = full(person, explanation, remedy(explanation, id, visit), visit)
        }
        var page = page(content, .campaigns, visit)
        page.crumbs = [
            .init(label: visit.words("Campaigns"), href: visit.base + "/campaigns"),
            .init(
                label: campaign.draft.name.isEmpty ? visit.words("Campaign") : campaign.draft.name,
                href: visit.base + "/campaigns/\(id)"
            ),
        ]
        return .page(page)
    }

    /// The same about a message of any kind, from the mail queue.
    static func showMessage(_ visit: Visit) async throws -> Reply {
        let id: MessageID = try visit.identifier("message")
        let explanation: DeliveryExplanation
        do {
            explanation = try await visit.facades.delivery.explain(id, by: try visit.requester)
        } catch DeliveryError.messageNotFound {
            throw NotFound()
        }
        let contact = explanation.summary.recipient.contact
        let names = try await MessagesPages.names(of: contact.map { [$0] } ?? [], visit)
        let person = contact.flatMap { names[$0] } ?? .init(phiText: "••••", isMasked: true)
        var page = page(full(person, explanation, nil, visit), .messages, visit)
        page.crumbs = [.init(label: visit.words("Mail queue"), href: visit.base + "/queue")]
        return .page(page)
    }

    private static func page(_ content: DecisionContent, _ section: Section, _ visit: Visit) -> Page {
        Page(
            visit.words("Why it went this way"),
            .staff(section: section),
            lede: visit.words("One person’s message: each question that was asked, and what was answered."),
            content: content
        )
    }

    private static func wishes(_ explanation: DeliveryExplanation, _ words: Words) -> [String] {
        var wishes: [String] = []
        if let level = explanation.loweredFrom {
            wishes.append(
                words(
                    "Lowered by its sender from {level}, who stated that it holds no health information.",
                    ["level": words(level.rawValue)]
                )
            )
        }
        if let reason = explanation.loweringReason {
            wishes.append(words("Why: “{reason}”", ["reason": reason.expose(for: .disclosing) { $0 }]))
        }
        if explanation.isTimeCritical {
            wishes.append(words("The person waits for it: after an hour of attempts it goes to the portal."))
        }
        if explanation.answersRequest != nil {
            wishes.append(words("It is the one unencrypted answer that the person asked for."))
        }
        return wishes
    }

    private static func plain(
        _ person: ProtectedValueModel,
        _ standing: StatusModel,
        _ reason: String?
    ) -> DecisionContent {
        DecisionContent(
            person: person,
            standing: standing,
            standingReason: reason,
            protects: nil,
            wishes: [],
            hasWishes: false,
            answers: [],
            asked: nil,
            attempts: [],
            notAsked: [],
            remedy: nil,
            sentHref: nil
        )
    }

    private static func full(
        _ person: ProtectedValueModel,
        _ explanation: DeliveryExplanation,
        _ remedy: HoldRemedy?,
        _ visit: Visit
    ) -> DecisionContent {
        let wishes = wishes(explanation, visit.words)
        let summary = explanation.summary
        let count = DeliveryCount(standing: summary.standing, reason: summary.reason, method: summary.method, count: 1)
        let last = explanation.decisions.last
        return DecisionContent(
            person: person,
            standing: StatusModel(visit.words(summary.standing.title), ReportPages.tone(summary.standing)),
            standingReason: count.sentence.map { visit.words($0) },
            protects: summary.method.map { visit.words(protects($0)) },
            wishes: wishes,
            hasWishes: !wishes.isEmpty,
            answers: (last?.answers ?? []).map { answer($0, visit) },
            asked: last.map { visit.moment($0.decidedAt) },
            attempts: explanation.attempts.map { attempt($0, visit) },
            notAsked: explanation.notAsked,
            remedy: remedy,
            sentHref: SentPages.href(summary.id, visit)
        )
    }

    /// Lets a held message go on: the gate is asked again, and answers as things are now.
    static func askAgain(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let contact: ContactID = try visit.identifier("contact")
        let requester = try visit.requester
        _ = try await CampaignPages.find(id, visit)
        let decision = try await visit.facades.campaigns.decision(about: contact, in: id, requester: requester)
        guard case .message(let explanation) = decision else { throw NotFound() }
        do {
            try await visit.facades.delivery.release(explanation.summary.id, by: requester)
        } catch DeliveryError.notHeld {
            // Somebody else was quicker; the page shows how it stands.
            return .seeOther(visit.path("campaigns", "\(id)", "people", "\(contact)"))
        }
        return .seeOther(visit.path("campaigns", "\(id)", "people", "\(contact)"))
    }

    private static func remedy(
        _ explanation: DeliveryExplanation,
        _ campaign: CampaignID,
        _ visit: Visit
    ) -> HoldRemedy? {
        let summary = explanation.summary
        guard summary.standing == .held, summary.reason == HoldReason.noRecognition.rawValue,
            let contact = summary.recipient.contact
        else { return nil }
        let mayAnswer = visit.session?.requester.may(.answerMessages) ?? false
        let mayRelease = mayAnswer || visit.session?.requester.may(.sendCampaigns) ?? false
        let text =
            explanation.sensitivity == .restricted
            ? "A restricted message opens with an agreed passphrase alone, and none is on record for this person."
            : "The portal asks for the birth date, and none is on record for this person."
        return HoldRemedy(
            remedyText: visit.words(text),
            remedyLink: HoldRemedy.link(for: contact, explanation.sensitivity, visit),
            againHref: mayRelease
                ? visit.path("campaigns", "\(campaign)", "people", "\(contact)", "again").text : nil
        )
    }

    private static func protects(_ method: SendMethod) -> String {
        switch method {
        case .smime, .openPGP:
            "The message was encrypted to the person’s own key: nobody but its holder can read it, on the way or in the inbox."
        case .verifiedTLS:
            "Verified TLS protects the message between the mail servers. Once it reaches the inbox, it is an ordinary e-mail."
        case .portal:
            "The content stays here and is read after a second step. The e-mail that went out says only that a message waits."
        case .opportunisticTLS:
            "It was mailed without proof of protection: a notice without content, a message declared free of health "
                + "information, or one whose reader asked for plain mail."
        }
    }

    private static func answer(_ answered: AnsweredQuestion, _ visit: Visit) -> DecisionContent.Answer {
        let status: StatusModel =
            switch answered.answer {
            case .passes: StatusModel(visit.words("yes"), .good)
            case .notApplicable: StatusModel(visit.words("does not concern this message"), .plain)
            case .allows(let methods, _), .carries(let methods, _, _):
                StatusModel(
                    methods.filter { $0 != .opportunisticTLS }.map { visit.words($0.title) }.sorted()
                        .joined(separator: ", "),
                    .good
                )
            case .permits: StatusModel(visit.words("yes, the person asked for it"), .good)
            case .demands(let demand):
                StatusModel(
                    visit.words(
                        "{methods} (from: {level})",
                        [
                            "methods": demand.order.map { visit.words($0.title) }.joined(separator: ", "),
                            "level": visit.words(demand.orderFrom.title),
                        ]
                    ),
                    .good
                )
            case .holds(let reason, _): StatusModel(visit.words(reason.sentence), .warn)
            case .refuses(let reason, _): StatusModel(visit.words(reason.sentence), .bad)
            }
        return .init(
            questionText: visit.words(answered.question.sentence),
            answerStatus: status,
            ruleText: answered.question.rule
        )
    }

    private static func attempt(_ attempt: AttemptSummary, _ visit: Visit) -> DecisionContent.Attempt {
        let evidence = attempt.evidence
        let parts = [
            evidence?.host, evidence?.hostNameFrom, evidence?.tlsVersion, evidence?.cipher, evidence?.certificate,
            evidence?.posture.map { "MTA-STS \($0.policy)" }, evidence?.posture.map { "DANE \($0.dane)" },
            evidence?.asksTLSOnward == true ? "REQUIRETLS" : nil,
            evidence?.replyCode.map { "\($0)" }, evidence?.enhancedCode, evidence?.route,
        ]
        return .init(
            attemptTitle: visit.words(
                "Attempt {number}: {outcome}",
                [
                    "number": "\(attempt.number)", "outcome": attempt.outcome.replacing("_", with: " "),
                ]
            ),
            began: visit.moment(attempt.beganAt),
            evidence: parts.compactMap { $0 }.joined(separator: " · ")
        )
    }
}

extension HoldRemedy {
    /// Where what is missing can be given: the agreed passphrase, else the person's facts.
    static func link(for contact: ContactID, _ sensitivity: Sensitivity?, _ visit: Visit) -> LinkModel? {
        if sensitivity == .restricted { return PassphrasePages.link(for: contact, visit) }
        return LinkModel(
            linkLabel: visit.words("To the person"),
            linkHref: visit.path("contacts", "\(contact)").text
        )
    }
}
