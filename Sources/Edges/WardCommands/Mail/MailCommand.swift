// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContentScan
import WardDelivery
import WardKernel

struct MailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mail",
        abstract: "Messages and the queue; what came back; who hands in; the protection policy; keys and DNS.",
        subcommands: [
            MailExplainCommand.self, MailReleaseCommand.self, MailPolicyCommand.self, MailReplayCommand.self,
            MailQueueCommand.self, MailRatesCommand.self, MailSuppressionsCommand.self, MailShowCommand.self,
            MailRetentionCommand.self, MailIncomingCommand.self, MailAccountsCommand.self, MailKeysCommand.self,
            MailOwnKeysCommand.self,
            MailDNSCommand.self, MailDestinationsCommand.self, MailDomainCommand.self, MailTLSReportCommand.self,
            MailTLSReportsCommand.self,
            MailAlignmentCommand.self,
        ]
    )
}

struct MailExplainCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show the send gate's questions and answers for one message, its attempts, and what was not asked.",
        discussion: "  ward mail explain --data /var/lib/ward 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier, as the report's page shows it.") var message: String

    func validate() throws {
        guard MessageID(message) != nil else { throw ValidationError("A message is named by its identifier.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let id = MessageID(message) else { throw ValidationError("A message is named by its identifier.") }
        let explanation = try await session.facades.delivery.explain(id, by: session.requester)
        if common.json {
            await session.output.line(
                JSONText.object([
                    "message": "\(id)", "standing": explanation.summary.standing.rawValue,
                    "class": explanation.messageClass, "sensitivity": explanation.sensitivity.rawValue,
                    "decisions": "\(explanation.decisions.count)", "attempts": "\(explanation.attempts.count)",
                    "lowered_from": explanation.loweredFrom?.rawValue ?? "",
                    "time_critical": explanation.isTimeCritical ? "yes" : "no",
                    "answers_request": explanation.answersRequest.map { "\($0)" } ?? "",
                    "not_asked": explanation.notAsked.joined(separator: ", "),
                ])
            )
            return .done
        }
        await session.output.line("\(explanation.summary.standing.title) (\(explanation.messageClass))")
        if let level = explanation.loweredFrom {
            let reason = explanation.loweringReason.map { reason in
                ": " + reason.expose(for: .disclosing) { Table.printable($0) }
            }
            await session.output.line(
                "Lowered by its sender from \(level.rawValue), who stated that it holds no health information"
                    + (reason ?? ".")
            )
        }
        if explanation.isTimeCritical {
            await session.output.line("A person waits for it: it goes to the portal after an hour of attempts.")
        }
        if let request = explanation.answersRequest {
            await session.output.line("It answers the request for one unencrypted answer \(request).")
        }
        for decision in explanation.decisions { await tell(decision, session) }
        for mail in explanation.incoming {
            let detail = [mail.cause, mail.statusCode].compactMap(\.self).joined(separator: ", ")
            await session.output.line("")
            await session.output.line("\(mail.kind.title) \(mail.receivedAt) \(detail)")
        }
        await session.output.line("")
        await session.output.line("Not asked by this version: \(explanation.notAsked.joined(separator: ", "))")
        return .done
    }

    private func tell(_ decision: GateDecision, _ session: CommandSession) async {
        await session.output.line("")
        await session.output.line("Decided \(decision.decidedAt)")
        for answered in decision.answers {
            await session.output.line(
                "  \(Self.mark(answered.answer)) \(answered.question.sentence) \(Self.words(answered.answer))"
            )
        }
        for finding in decision.inputs?.findings ?? [] {
            await session.output.line("  Found: \(finding.kind.title) in \(finding.place.title), \(finding.count) ×")
        }
    }

    private static func mark(_ answer: GateAnswer) -> String {
        switch answer {
        case .passes, .allows, .permits, .demands: "✓"
        case .carries: "!"
        case .notApplicable: "–"
        case .holds: "!"
        case .refuses: "✗"
        }
    }

    private static func words(_ answer: GateAnswer) -> String {
        switch answer {
        case .passes(let note), .notApplicable(let note): note
        case .allows(let methods, let note): "\(methods.map(\.title).sorted().joined(separator: ", ")) (\(note))"
        case .carries(let methods, let lost, let note):
            "\(methods.map(\.title).sorted().joined(separator: ", ")); lost: "
                + "\(lost.map(\.title).sorted().joined(separator: ", ")) (\(note))"
        case .permits(let methods, let note): "\(methods.map(\.title).sorted().joined(separator: ", ")) (\(note))"
        case .demands(let demand):
            "\(demand.order.map(\.title).joined(separator: ", ")) (from: \(demand.orderFrom.title.lowercased()))"
                + (demand.isTLSExclusive ? "; TLS or nothing (from: \(demand.exclusiveFrom.title.lowercased()))" : "")
                + (demand.limitedBy.isEmpty
                    ? ""
                    : "; methods limited by: \(demand.limitedBy.map { $0.title.lowercased() }.joined(separator: ", "))")
        case .holds(let reason, _): reason.sentence
        case .refuses(let reason, _): reason.sentence
        }
    }
}

struct MailReleaseCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let a held message go on: the send gate is asked again.",
        discussion: """
            Whatever still speaks against the message holds it again. It then has as much time as a new one.

              ward mail release 0193a1b2-… --data /var/lib/ward --reason "The birth date is on record now"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier, as the report's page shows it.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard MessageID(message) != nil else { throw ValidationError("A message is named by its identifier.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let id = MessageID(message) else { throw ValidationError("A message is named by its identifier.") }
        do {
            try await session.facades.delivery.release(id, why: Sensitive(reason), by: session.requester)
        } catch DeliveryError.notHeld {
            await session.output.problem("The message \(id) is not held; nothing was changed.")
            return .negative
        }
        return await session.say("The gate is asked again about the message \(id).", asJSON: common.json)
    }
}
