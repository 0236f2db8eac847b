// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContentScan
import WardDelivery
import WardKernel

struct MailPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The protection policy: show it, draft a change, run the draft against past decisions, activate it.",
        subcommands: [
            MailPolicyShowCommand.self, MailPolicySetCommand.self, MailPolicyUnsetCommand.self,
            MailPolicyScanCommand.self, MailPolicyTryCommand.self, MailPolicyActivateCommand.self,
            MailPolicyDiscardCommand.self, MailPolicyPersonCommand.self, MailPolicyMarkCommand.self,
        ]
    )
}

/// A level of the policy in words and with the name that goes with it: `organization`, `domain:clinic.example`,
/// `sender:ID`, `campaign:ID`.
struct PolicyTarget: ExpressibleByArgument {
    let level: ProtectionLevel
    let name: String

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
        guard let level = parts.first.flatMap(ProtectionLevel.init(rawValue:)) else { return nil }
        switch level {
        case .organization where parts.count == 1: (self.level, name) = (level, "")
        case .domain, .sender, .campaign:
            guard parts.count == 2 else { return nil }
            (self.level, name) = (level, parts[1])
        default: return nil
        }
    }
}

enum PolicyWords {
    static func methods(_ methods: [SendMethod]?) -> String {
        methods.map { $0.map(\.rawValue).joined(separator: ",") } ?? "inherit"
    }

    static func flag(_ flag: Bool?) -> String { flag.map { $0 ? "yes" : "no" } ?? "inherit" }

    /// Methods by their words, comma-separated; `inherit` is nil.
    static func methods(_ text: String) throws -> [SendMethod]? {
        guard text != "inherit" else { return nil }
        return try text.split(separator: ",").map { word in
            guard let method = SendMethod(rawValue: String(word)) else {
                let known = SendMethod.chosen.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no method \(word). The methods are: \(known).")
            }
            return method
        }
    }

    static func flag(_ text: String) throws -> Bool? {
        switch text {
        case "yes": true
        case "no": false
        case "inherit": nil
        default: throw ValidationError("Write yes, no or inherit.")
        }
    }
}

extension CommandSession {
    /// Says what came of a change to the policy.
    func tell(_ outcome: PolicyOutcome, _ text: String, asJSON: Bool) async -> ExitStatus {
        switch outcome {
        case .done: return await say(text, asJSON: asJSON)
        case .refused(let problem):
            await output.problem(problem.sentence)
            return .negative
        }
    }
}

struct MailPolicyShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "Show the policy in force and the draft, or what holds for one message and where each value comes from.",
        discussion: """
            With a domain, a sender, a campaign or a person: what holds for a message of that kind.

              ward mail policy show --data /var/lib/ward --domain clinic.example
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "A recipient's domain.") var domain: String?
    @Option(help: "The identifier of the member of staff who sends.") var sender: String?
    @Option(help: "The identifier of a campaign.") var campaign: String?
    @Option(help: "The identifier of the person who gets it.") var contact: String?

    func validate() throws {
        guard sender.map({ StaffID($0) != nil }) ?? true, campaign.map({ CampaignID($0) != nil }) ?? true,
            contact.map({ ContactID($0) != nil }) ?? true
        else { throw ValidationError("A sender, a campaign and a person are named by their identifiers.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let standing = try await session.facades.delivery.policies(by: session.requester)
        let named = [domain, sender, campaign, contact].compactMap { $0 }
        if !named.isEmpty {
            var rule: ProtectionRule?
            if let contact = contact.flatMap({ ContactID($0) }) {
                rule = try await session.facades.delivery.protection(
                    of: contact,
                    domain: domain,
                    by: session.requester
                ).rule
            }
            let effective = standing.inForce.policy.effective(
                domain: domain ?? "",
                sender: sender.flatMap { StaffID($0) },
                campaign: campaign.flatMap { CampaignID($0) },
                contact: rule
            )
            return await tell(effective, named.joined(separator: ", "), session)
        }
        if common.json {
            await session.output.line(
                JSONText.object([
                    "in_force": "\(standing.inForce.number)", "draft": standing.draft.map { "\($0.number)" } ?? "",
                    "draft_tried": standing.draft?.trial == nil ? "no" : "yes",
                ])
            )
            return .done
        }
        await session.output.line("In force: policy \(standing.inForce.number)")
        await show(standing.inForce.policy, session)
        if let draft = standing.draft {
            await session.output.line("")
            await session.output.line("Draft: policy \(draft.number)\(draft.trial == nil ? ", not run yet" : "")")
            await show(draft.policy, session)
        }
        return .done
    }

    private func tell(
        _ effective: EffectiveProtection,
        _ domain: String,
        _ session: CommandSession
    ) async -> ExitStatus {
        let rows = [
            ("order", PolicyWords.methods(effective.order.value), effective.order.source.title),
            (
                "methods", PolicyWords.methods(effective.methods.byStrength),
                effective.limitedBy.map(\.title).joined(separator: ", ")
            ),
            ("tls_exclusive", PolicyWords.flag(effective.isTLSExclusive.value), effective.isTLSExclusive.source.title),
            (
                "unprotected_when_free", PolicyWords.flag(effective.mayGoUnprotectedWhenFree.value),
                effective.mayGoUnprotectedWhenFree.source.title
            ),
        ]
        if common.json {
            await session.output.line(
                JSONText.object(Dictionary(uniqueKeysWithValues: rows.map { ($0.0, $0.1) }))
            )
            return .done
        }
        var table = Table([("mail: \(domain)", .left), ("value", .left), ("from", .left)])
        for row in rows { table.add([row.0, row.1, row.2]) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }

    private func show(_ policy: ProtectionPolicy, _ session: CommandSession) async {
        var table = Table([
            ("level", .left), ("order", .left), ("methods", .left), ("TLS or nothing", .left), ("unprotected", .left),
        ])
        func add(_ title: String, _ rule: ProtectionRule) {
            table.add([
                title, PolicyWords.methods(rule.order), PolicyWords.methods(rule.methods),
                PolicyWords.flag(rule.isTLSExclusive), PolicyWords.flag(rule.mayGoUnprotectedWhenFree),
            ])
        }
        add("organization", policy.organization)
        for scoped in policy.scoped { add("\(scoped.level.rawValue):\(scoped.name)", scoped.rule) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        var rules = Table([("content scan", .left), ("action", .left)])
        for kind in ContentKind.allCases { rules.add([kind.rawValue, policy.scan.action(for: kind).rawValue]) }
        for line in rules.lines(width: session.output.width) { await session.output.line(line) }
        for pattern in policy.scan.patterns { await session.output.line("pattern \(pattern.text)") }
        await session.output.line("neutral subject: \(policy.neutralSubject)")
        for mark in policy.marks { await session.output.line("mark \(mark.text): \(mark.sensitivity.rawValue)") }
    }
}

struct MailPolicySetCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set the rule of a level in the draft; what is not given inherits.",
        discussion: """
            The level is organization, domain:NAME (also domain:*.NAME), sender:ID or campaign:ID. Nothing is in force before
            `ward mail policy activate`.

              ward mail policy set domain:clinic.example --order verified_tls,portal --tls-exclusive yes
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The level.") var level: PolicyTarget
    @Option(help: "The methods in the order in which they are tried, comma-separated.") var order = "inherit"
    @Option(help: "The only methods that are allowed, comma-separated.") var methods = "inherit"
    @Option(help: "Verified TLS or nothing: yes, no or inherit.") var tlsExclusive = "inherit"
    @Option(help: "Whether what is declared free of PHI may go without TLS: yes, no or inherit.")
    var unprotectedWhenFree = "inherit"

    func validate() throws { _ = try rule() }

    private func rule() throws -> ProtectionRule {
        ProtectionRule(
            order: try PolicyWords.methods(order),
            methods: try PolicyWords.methods(methods),
            isTLSExclusive: try PolicyWords.flag(tlsExclusive),
            mayGoUnprotectedWhenFree: try PolicyWords.flag(unprotectedWhenFree)
        )
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let rule = try rule()
        let outcome: PolicyOutcome
        if level.level == .organization {
            outcome = try await session.facades.delivery.draft(by: session.requester) { policy in
                policy.organization = rule
                return nil
            }
        } else {
            outcome = try await session.facades.delivery.setRule(
                rule,
                level.level,
                named: level.name,
                by: session.requester
            )
        }
        return await session.tell(outcome, "The draft is changed. Run it: ward mail policy try", asJSON: common.json)
    }
}

struct MailPolicyPersonCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "person",
        abstract: "Keep what was agreed with a person about methods; what is not given inherits.",
        discussion: """
            It holds at once and can only narrow what the policy allows. Without any option nothing is agreed any more.

              ward mail policy person 0193a1b2-… --methods portal --reason "She asked for it on 3 November"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Option(help: "The methods in the order in which they are tried, comma-separated.") var order = "inherit"
    @Option(help: "The only methods that are allowed, comma-separated.") var methods = "inherit"
    @Option(help: "Verified TLS or nothing: yes, no or inherit.") var tlsExclusive = "inherit"
    @Option(help: "Whether what is declared free of PHI may go without TLS: yes, no or inherit.")
    var unprotectedWhenFree = "inherit"
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard ContactID(contact) != nil else { throw ValidationError("A person is named by an identifier.") }
        _ = try rule()
    }

    private func rule() throws -> ProtectionRule {
        ProtectionRule(
            order: try PolicyWords.methods(order),
            methods: try PolicyWords.methods(methods),
            isTLSExclusive: try PolicyWords.flag(tlsExclusive),
            mayGoUnprotectedWhenFree: try PolicyWords.flag(unprotectedWhenFree)
        )
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let contact = ContactID(contact) else { return .usage }
        let outcome = try await session.facades.delivery.setProtection(
            try rule(),
            of: contact,
            why: reason,
            by: session.requester
        )
        return await session.tell(outcome, "Kept. It holds from the next decision on.", asJSON: common.json)
    }
}

struct MailPolicyUnsetCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "unset",
        abstract: "Remove the rule of a level from the draft.",
        discussion: "  ward mail policy unset domain:clinic.example"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The level.") var level: PolicyTarget

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome: PolicyOutcome
        if level.level == .organization {
            outcome = try await session.facades.delivery.draft(by: session.requester) { policy in
                policy.organization = ProtectionRule()
                return nil
            }
        } else {
            outcome = try await session.facades.delivery.setRule(
                nil,
                level.level,
                named: level.name,
                by: session.requester
            )
        }
        return await session.tell(outcome, "The draft is changed. Run it: ward mail policy try", asJSON: common.json)
    }
}

struct MailPolicyScanCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Set what follows in the draft when the content scan finds something of a kind.",
        discussion: """
            The kinds are those that `ward mail policy show` lists; the actions are note, raise, hold and refuse.

              ward mail policy scan social_security_number hold --pattern 'LH-######'
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The kind.") var kind: String
    @Argument(help: "The action.") var action: String
    @Option(help: "A pattern of your own to look for.") var pattern: [String] = []
    @Option(help: "The name of a drug to look for.") var drug: [String] = []
    @Option(help: "A file with names of drugs, one a line; lines that begin with # are remarks.") var drugFile: String?
    @Flag(help: "Look for the generic names of drugs that come with Ward, too.") var commonDrugs = false

    func validate() throws {
        guard ContentKind(rawValue: kind) != nil else { throw ValidationError("There is no kind \(kind).") }
        guard ScanAction(rawValue: action) != nil else { throw ValidationError("There is no action \(action).") }
        for text in pattern {
            do { _ = try SafePattern(text) } catch { throw ValidationError(error.sentence) }
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let kind = ContentKind(rawValue: kind), let action = ScanAction(rawValue: action) else { return .usage }
        let patterns = try pattern.map { try SafePattern($0) }
        var named = DrugList.names(in: drug.joined(separator: "\n")) + (commonDrugs ? DrugList.common : [])
        if let drugFile {
            let bytes = try await session.files.octets(of: drugFile, limit: 4 << 20)
            named += DrugList.names(in: String(decoding: bytes, as: UTF8.self))
        }
        if let longest = DrugList.firstUnusable(in: named) {
            await session.output.problem(
                "No name of more than \(DrugList.words) words or 100 octets: \(longest.prefix(60))"
            )
            return .usage
        }
        let drugs = named
        let outcome = try await session.facades.delivery.draft(by: session.requester) { policy in
            policy.scan.actions[kind] = action
            policy.scan.patterns += patterns.filter { !policy.scan.patterns.contains($0) }
            let known = Set(policy.scan.drugNames)
            policy.scan.drugNames += DrugList.names(in: drugs.filter { !known.contains($0) }.joined(separator: "\n"))
            return nil
        }
        return await session.tell(outcome, "The draft is changed. Run it: ward mail policy try", asJSON: common.json)
    }
}

struct MailPolicyTryCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "try",
        abstract: "Run the draft against the decisions of the last days; list every message whose method would change.",
        discussion: "  ward mail policy try --days 30"
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "How many days back, 1 to 365.") var days = 30
    @Option(help: "How many messages to list.") var limit = 50

    func run(with session: CommandSession) async throws -> ExitStatus {
        let delivery = session.facades.delivery
        let output = session.output
        let outcome = try await delivery.tryDraft(days: days, by: session.requester) { progress in
            await output.progress("\(progress.done.grouped) of \(progress.total.grouped) decisions")
        }
        await output.endProgress()
        guard outcome == .done else { return await session.tell(outcome, "", asJSON: common.json) }
        let counts = try await delivery.draftChanges(by: session.requester)
        if common.json {
            let fields = counts.map { ("\($0.before) -> \($0.after)", "\($0.messages)") }
            await session.output.line(JSONText.object(Dictionary(uniqueKeysWithValues: fields)))
            return .done
        }
        var table = Table([("now", .left), ("with the draft", .left), ("messages", .right)])
        for count in counts { table.add([count.before, count.after, count.messages.grouped]) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        for change in try await delivery.draftChanges(after: nil, limit: limit, by: session.requester) {
            await session.output.line("\(change.message)  \(change.before) → \(change.after)")
        }
        return await session.say("The draft may be activated: ward mail policy activate", asJSON: false)
    }
}

struct MailPolicyActivateCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Put the draft into force, after it was run.",
        discussion: "  ward mail policy activate --reason 'Decided on 3 November'"
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.delivery.activateDraft(why: reason, by: session.requester)
        return await session.tell(outcome, "The policy is in force.", asJSON: common.json)
    }
}

struct MailPolicyDiscardCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Throw the draft away.",
        discussion: "  ward mail policy discard"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.delivery.discardDraft(by: session.requester)
        return await session.tell(outcome, "The draft is gone.", asJSON: common.json)
    }
}

struct MailReplayCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Decide again, from what was kept, every message of the last days; each must come out the same.",
        discussion: "  ward mail replay --days 30"
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "How many days back.") var days = 30

    func run(with session: CommandSession) async throws -> ExitStatus {
        let report = try await session.facades.delivery.replay(days: days, by: session.requester)
        let rows = [
            ("same", "\(report.same)"), ("different", "\(report.different.count)"),
            ("verdict_alone", "\(report.withoutInputs)"), ("unreadable", "\(report.unreadable)"),
        ]
        if common.json {
            await session.output.line(JSONText.object(Dictionary(uniqueKeysWithValues: rows)))
        } else {
            var table = Table([("decisions", .left), ("count", .right)])
            for row in rows { table.add([row.0, row.1]) }
            for line in table.lines(width: session.output.width) { await session.output.line(line) }
            for message in report.different { await session.output.problem("different: \(message)") }
        }
        return report.different.isEmpty ? .done : .negative
    }
}
