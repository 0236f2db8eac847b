// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardContentScan
import WardDelivery
import WardKernel
import WardRender

struct ProtectionContent: PageModel {
    static let template = "protection/policy"

    struct Rule: Sendable {
        let ruleLevel: String
        /// The domain, or the identifier of a member of staff or a campaign.
        let ruleName: String
        /// Who or what the identifier stands for, where it is known.
        let ruleTitle: String?
        let ruleOrder: String
        let ruleMethods: String
        let ruleExclusive: String
        let ruleUnprotected: String
        /// The level's word for the form that removes it; nil: it cannot be removed here.
        let removeLevel: String?
    }

    struct Level: Sendable {
        let levelTitle: String
        let levelMethods: String
    }

    struct Scan: Sendable {
        let scanTitle: String
        let scanField: String
        let scanOptions: [ChoiceModel]
    }

    struct Change: Sendable {
        let changeBefore: String
        let changeAfter: String
        let changeCount: String
    }

    struct Message: Sendable {
        let messageIdentifier: String
        let messageHref: String
        let messageBefore: String
        let messageAfter: String
    }

    struct Draft: Sendable {
        /// A run against past decisions that is under way.
        let trying: ProgressContent?
        let draftStanding: StatusModel
        let tried: MomentModel?
        let changes: [Change]
        let messages: [Message]
        let nextHref: String?
        let days: FieldModel
        let reason: FieldModel
    }

    let summary: ErrorSummary?
    let inForce: String
    let rules: [Rule]
    let sensitivities: [Level]
    let marks: FieldModel
    let drugsText: String
    let levels: [ChoiceModel]
    let name: FieldModel
    let order: FieldModel
    let methods: FieldModel
    let exclusive: [ChoiceModel]
    let unprotected: [ChoiceModel]
    let scans: [Scan]
    let patterns: FieldModel
    let neutral: FieldModel
    let draft: Draft?
    /// What holds for the message that the address of the page asks about.
    let asked: Asked?
    let askedDomain: FieldModel

    struct Asked: Sendable {
        let effective: [EffectiveRow]
        let askedSender: String?
        let askedSenderName: String?
        let askedCampaign: String?
        let askedCampaignName: String?
    }
}

/// The protection policy: what is in force, the draft, what the draft would change.
enum ProtectionPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func rule(_ visit: Visit) async throws -> Reply {
        let level = ProtectionLevel(rawValue: try visit.form.text("level")) ?? .organization
        guard let order = methods(try visit.form.text("order")), let allowed = methods(try visit.form.text("methods"))
        else {
            return try await again(visit, .orderInvalid)
        }
        let rule = ProtectionRule(
            order: order.isEmpty ? nil : order,
            methods: allowed.isEmpty ? nil : allowed,
            isTLSExclusive: flag(try visit.form.text("exclusive")),
            mayGoUnprotectedWhenFree: flag(try visit.form.text("unprotected"))
        )
        let requester = try visit.requester
        guard level == .organization else {
            let name = try visit.form.text("name")
            return try await answer(
                visit,
                try await visit.facades.delivery.setRule(rule, level, named: name, by: requester)
            )
        }
        let outcome = try await visit.facades.delivery.draft(by: requester) { policy in
            policy.organization = rule
            return nil
        }
        return try await answer(visit, outcome)
    }

    static func remove(_ visit: Visit) async throws -> Reply {
        guard let level = ProtectionLevel(rawValue: try visit.form.text("level")) else { throw NotFound() }
        let outcome = try await visit.facades.delivery.setRule(
            nil,
            level,
            named: try visit.form.text("name"),
            by: try visit.requester
        )
        return try await answer(visit, outcome)
    }

    static func scan(_ visit: Visit) async throws -> Reply {
        var actions: [ContentKind: ScanAction] = [:]
        for kind in ContentKind.allCases {
            actions[kind] = ScanAction(rawValue: try visit.form.text("action-" + kind.rawValue))
        }
        var patterns: [SafePattern] = []
        for line in try visit.form.text("patterns").split(whereSeparator: { $0 == "," || $0.isNewline }) {
            do {
                patterns.append(try SafePattern(line.split(whereSeparator: \.isWhitespace).joined(separator: " ")))
            } catch {
                let text = visit.words(error.sentence)
                return .page(try await page(visit, problem: ("patterns", text)), status: 422)
            }
        }
        let (found, kept, neutral) = (actions, patterns, try visit.form.text("neutral"))
        let outcome = try await visit.facades.delivery.draft(by: try visit.requester) { policy in
            policy.scan.actions = found
            policy.scan.patterns = kept
            policy.neutralSubject = neutral
            return nil
        }
        return try await answer(visit, outcome)
    }

    /// One mark a line: the text, an equals sign, the sensitivity. No lines: no marks.
    static func marks(_ visit: Visit) async throws -> Reply {
        var marks: [SubjectMark] = []
        for line in try visit.form.text("marks").split(whereSeparator: \.isNewline) {
            guard let sign = line.lastIndex(of: "="),
                let level = Sensitivity(
                    rawValue: line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces).lowercased()
                ), level > .routine
            else {
                let text = visit.words("Write one mark a line: the mark, an equals sign, and sensitive or restricted.")
                return .page(try await page(visit, problem: ("marks", text)), status: 422)
            }
            marks.append(SubjectMark(line[..<sign].trimmingCharacters(in: .whitespaces), level))
        }
        let kept = marks
        let outcome = try await visit.facades.delivery.draft(by: try visit.requester) { policy in
            policy.marks = kept
            return nil
        }
        return try await answer(visit, outcome)
    }

    static func tryDraft(_ visit: Visit) async throws -> Reply {
        let days = Int(try visit.form.text("days")) ?? 0
        switch try await visit.facades.delivery.beginTrial(days: days, by: try visit.requester) {
        case .finished, .running: return .seeOther(visit.path("settings", "protection"))
        case .refused(let problem): return try await again(visit, problem)
        }
    }

    /// How far the run is, for the page to ask again and again.
    static func followTrial(_ visit: Visit) async throws -> Reply {
        let progress = try await visit.facades.delivery.policyTrial(by: try visit.requester)
        return .fragment(
            progress.map { trialContent($0, visit) }
                ?? ProgressContent(
                    done: 1,
                    total: 1,
                    progressText: visit.words("The draft was run."),
                    progressIsRunning: false
                )
        )
    }

    static func cancelTrial(_ visit: Visit) async throws -> Reply {
        try await visit.facades.delivery.cancelTrial(by: try visit.requester)
        return .seeOther(visit.path("settings", "protection"))
    }

    private static func trialContent(_ progress: PolicyTrialProgress, _ visit: Visit) -> ProgressContent {
        ProgressContent(
            done: progress.done,
            total: max(1, progress.total),
            progressText: visit.words(
                "{done} of {total} decisions were looked at",
                ["done": Numbers.grouped(progress.done), "total": Numbers.grouped(progress.total)]
            ),
            progressIsRunning: true
        )
    }

    static func activate(_ visit: Visit) async throws -> Reply {
        let outcome = try await visit.facades.delivery.activateDraft(
            why: try visit.form.text("reason"),
            by: try visit.requester
        )
        return try await answer(visit, outcome)
    }

    static func discard(_ visit: Visit) async throws -> Reply {
        try await answer(visit, try await visit.facades.delivery.discardDraft(by: try visit.requester))
    }

    private static func answer(_ visit: Visit, _ outcome: PolicyOutcome) async throws -> Reply {
        guard case .refused(let problem) = outcome else { return .seeOther(visit.path("settings", "protection")) }
        return try await again(visit, problem)
    }

    private static func again(_ visit: Visit, _ problem: PolicyProblem) async throws -> Reply {
        .page(try await page(visit, problem: (field(of: problem), visit.words(problem.sentence))), status: 422)
    }

    private static func field(of problem: PolicyProblem) -> String {
        switch problem {
        case .orderInvalid, .exclusiveWithoutTLS, .ruleSaysNothing: "order"
        case .methodsInvalid: "methods"
        case .domainInvalid, .nameInvalid, .unknownRule: "name"
        case .neutralSubjectInvalid: "neutral"
        case .markInvalid: "marks"
        case .drugListTooLong: "patterns"
        case .reasonMissing: "reason"
        case .daysInvalid, .noDraft, .notSimulated, .changedSince: "days"
        }
    }

    private static func flag(_ text: String) -> Bool? { text == "yes" ? true : text == "no" ? false : nil }

    /// Methods by their words; nil when one is unknown.
    private static func methods(_ text: String) -> [SendMethod]? {
        let words = text.split(whereSeparator: { $0 == "," || $0.isWhitespace })
        let methods = words.compactMap { SendMethod(rawValue: $0.lowercased()) }
        return methods.count == words.count ? methods : nil
    }
}

// MARK: The page's model

extension ProtectionPages {
    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let delivery = visit.facades.delivery
        let requester = try visit.requester
        let standing = try await delivery.policies(by: requester)
        let shown = standing.draft ?? standing.inForce
        let words = visit.words
        func typed(_ name: String, _ standard: String = "") -> String {
            visit.form.all(name).first ?? visit.query.all(name).first ?? standard
        }
        func error(_ name: String) -> String? { problem?.field == name ? problem?.text : nil }
        let names = try await PolicyNames.of(shown.policy, visit)
        let known = SendMethod.chosen.map(\.rawValue).joined(separator: ", ")
        let content = ProtectionContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            inForce: standing.inForce.number == 0
                ? words("The policy as installed is in force.")
                : words("Policy {number} is in force.", ["number": "\(standing.inForce.number)"]),
            rules: rules(shown.policy, names, visit),
            sensitivities: Sensitivity.allCases.map { sensitivity in
                .init(
                    levelTitle: words(sensitivity.rawValue),
                    levelMethods: titles(sensitivity.allowedMethods.byStrength, words)
                )
            },
            marks: FieldModel(
                "marks",
                words("Marks in the subject"),
                help: words(
                    "One a line: the mark, an equals sign, and sensitive or restricted. A mark raises the message and does not leave."
                ),
                error: error("marks"),
                value: typed(
                    "marks",
                    shown.policy.marks.map { "\($0.text) = \($0.sensitivity.rawValue)" }.joined(separator: "\n")
                ),
                isRequired: false,
                isLong: true,
                maxLength: 2_000
            ),
            drugsText: words("{count} {count|name|names} of drugs", count: shown.policy.scan.drugNames.count),
            levels: ([.organization] + ProtectionLevel.named).map { level in
                ChoiceModel(
                    level.rawValue,
                    words(level.title),
                    isChosen: typed("level", "organization") == level.rawValue
                )
            },
            name: FieldModel(
                "name",
                words("Which one"),
                help: words("A domain such as clinic.example or *.clinic.example; an identifier for the others."),
                error: error("name"),
                value: typed("name"),
                isRequired: false
            ),
            order: FieldModel(
                "order",
                words("Order of the methods"),
                help: words("Empty inherits. The methods: {known}", ["known": known]),
                error: error("order"),
                value: typed("order"),
                isRequired: false
            ),
            methods: FieldModel(
                "methods",
                words("The only methods allowed"),
                help: words("Empty allows what the other levels allow."),
                error: error("methods"),
                value: typed("methods"),
                isRequired: false
            ),
            exclusive: flags("exclusive", visit),
            unprotected: flags("unprotected", visit),
            scans: scans(shown.policy, words),
            patterns: FieldModel(
                "patterns",
                words("Patterns of your own, separated by commas"),
                help: words("Such as LH-######: # is a digit, @ a letter, & either, ~ a separator or nothing."),
                error: error("patterns"),
                value: typed("patterns", shown.policy.scan.patterns.map(\.text).joined(separator: ", ")),
                isRequired: false,
                maxLength: 2_000
            ),
            neutral: FieldModel(
                "neutral",
                words("Neutral subject"),
                help: words("Stands in place of a subject in which the scan finds something."),
                error: error("neutral"),
                value: typed("neutral", shown.policy.neutralSubject),
                maxLength: 120
            ),
            draft: try await draft(standing.draft, visit, error),
            asked: try await asked(standing.inForce.policy, visit),
            askedDomain: FieldModel(
                "domain",
                words("The recipient’s domain"),
                value: visit.query.all("domain").first ?? "",
                isRequired: false,
                maxLength: 253
            )
        )
        var page = Page(
            words("Protection"),
            .staff(section: .settings),
            lede: words("Which methods carry your mail, who may depart from that, and what the content scan demands."),
            content: content
        )
        page.crumbs = [.init(label: words("Settings"), href: visit.base + "/settings")]
        return page
    }

    private static func titles(_ methods: [SendMethod]?, _ words: Words) -> String {
        methods.map { $0.map { words($0.title) }.joined(separator: ", ") } ?? words("inherits")
    }

    private static func word(_ flag: Bool?, _ words: Words) -> String {
        flag.map { words($0 ? "yes" : "no") } ?? words("inherits")
    }

    private static func rules(
        _ policy: ProtectionPolicy,
        _ names: PolicyNames,
        _ visit: Visit
    ) -> [ProtectionContent.Rule] {
        let words = visit.words
        func row(_ level: ProtectionLevel, _ name: String, _ rule: ProtectionRule) -> ProtectionContent.Rule {
            .init(
                ruleLevel: words(level.title),
                ruleName: name,
                ruleTitle: names.title(level, name),
                ruleOrder: titles(rule.order ?? (level == .organization ? ProtectionPolicy.standardOrder : nil), words),
                ruleMethods: titles(rule.methods, words),
                ruleExclusive: word(rule.isTLSExclusive, words),
                ruleUnprotected: word(rule.mayGoUnprotectedWhenFree, words),
                removeLevel: level == .organization ? nil : level.rawValue
            )
        }
        return [row(.organization, "", policy.organization)]
            + policy.scoped.map { row($0.level, $0.name, $0.rule) }
    }

    /// What the policy in force comes to for a domain, a member of staff or a campaign that the page's address names.
    private static func asked(
        _ policy: ProtectionPolicy,
        _ visit: Visit
    ) async throws -> ProtectionContent.Asked? {
        let domain = try visit.query.text("domain").lowercased()
        let sender = StaffID(try visit.query.text("sender"))
        let campaign = CampaignID(try visit.query.text("campaign"))
        guard !domain.isEmpty || sender != nil || campaign != nil else { return nil }
        let named = try await PolicyNames.of(sender: sender, campaign: campaign, visit)
        return .init(
            effective: EffectiveRow.rows(
                policy.effective(domain: domain, sender: sender, campaign: campaign),
                visit.words
            ),
            askedSender: sender.map { "\($0)" },
            askedSenderName: sender.flatMap { named.title(.sender, "\($0)") ?? "\($0)" },
            askedCampaign: campaign.map { "\($0)" },
            askedCampaignName: campaign.flatMap { named.title(.campaign, "\($0)") ?? "\($0)" }
        )
    }

    private static func flags(_ name: String, _ visit: Visit) -> [ChoiceModel] {
        let chosen = visit.form.all(name).first ?? "inherit"
        return [("inherit", "inherits"), ("yes", "yes"), ("no", "no")].map { value, label in
            ChoiceModel(value, visit.words(label), isChosen: chosen == value)
        }
    }

    private static func scans(_ policy: ProtectionPolicy, _ words: Words) -> [ProtectionContent.Scan] {
        ContentKind.allCases.map { kind in
            .init(
                scanTitle: words(kind.title),
                scanField: "action-" + kind.rawValue,
                scanOptions: ScanAction.allCases.map { action in
                    ChoiceModel(action.rawValue, words(action.title), isChosen: policy.scan.action(for: kind) == action)
                }
            )
        }
    }

    private static func draft(
        _ draft: NumberedPolicy?,
        _ visit: Visit,
        _ error: (String) -> String?
    ) async throws -> ProtectionContent.Draft? {
        guard let draft else { return nil }
        let words = visit.words
        let requester = try visit.requester
        let after = try visit.query.optional("after").flatMap { MessageID($0) }
        let counts = try await visit.facades.delivery.draftChanges(by: requester)
        let changes = try await visit.facades.delivery.draftChanges(after: after, limit: 50, by: requester)
        let trial = try await visit.facades.delivery.policyTrial(by: requester)
        return .init(
            trying: trial.map { trialContent($0, visit) },
            draftStanding: draft.trial == nil
                ? StatusModel(words("not run yet"), .warn) : StatusModel(words("was run: it may be activated"), .good),
            tried: draft.trial.map { visit.moment($0.triedAt) },
            changes: counts.map {
                .init(
                    changeBefore: words.verdict($0.before),
                    changeAfter: words.verdict($0.after),
                    changeCount: Numbers.grouped($0.messages)
                )
            },
            messages: changes.map { change in
                .init(
                    messageIdentifier: "\(change.message)",
                    // Not the campaign's page of the person, which whoever keeps the settings may not open.
                    messageHref: visit.path("queue", "\(change.message)").text,
                    messageBefore: words.verdict(change.before),
                    messageAfter: words.verdict(change.after)
                )
            },
            nextHref: changes.count == 50
                ? changes.last.map {
                    visit.path("settings", "protection", query: [("after", "\($0.message)")]).text
                } : nil,
            days: FieldModel(
                "days",
                words("Days to look back"),
                .number,
                error: error("days"),
                value: "30",
                maxLength: 3
            ),
            reason: FieldModel(
                "reason",
                words("Reason"),
                help: words("It is kept in the audit log."),
                error: error("reason"),
                maxLength: 500
            )
        )
    }
}
