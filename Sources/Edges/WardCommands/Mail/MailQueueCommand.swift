// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContacts
import WardDelivery
import WardKernel

struct MailQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "List the mail queue, and hold, release, hurry, cancel or take back single messages.",
        subcommands: [
            MailQueueListCommand.self, MailQueueShowCommand.self, MailQueueHoldCommand.self,
            MailQueueReleaseCommand.self, MailQueueRetryCommand.self, MailQueueCancelCommand.self,
            MailQueueRetractCommand.self,
        ]
    )
}

struct MailQueueListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what waits, is held, is in doubt or failed, and what senders are told.",
        discussion: """
            The last line of a full page says how to see the next one.

              ward mail queue list --data /var/lib/ward --part held --domain clinic.example
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "waiting, held, doubt or failed.") var part: String = "waiting"
    @Option(help: "Only mail to this domain.") var domain: String?
    @Option(help: "Only mail of this campaign.") var campaign: String?
    @Option(help: "Only mail to the person with this e-mail address.") var recipient: String?
    @Option(help: "Only what is older than so many minutes.") var olderThan: Int?
    @Flag(help: "Newest first.") var newest = false
    @Option(help: "At most so many rows, up to 500.") var limit: Int = 50
    @Option(help: "The last message of the page before.") var after: String?

    func validate() throws {
        guard QueuePart(rawValue: part) != nil else {
            throw ValidationError("The part is waiting, held, doubt or failed.")
        }
        guard campaign.map({ CampaignID($0) != nil }) ?? true else {
            throw ValidationError("A campaign is named by its identifier.")
        }
        guard after.map({ MessageID($0) != nil }) ?? true else {
            throw ValidationError("A message is named by its identifier.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        var filter = QueueFilter(part: QueuePart(rawValue: part) ?? .waiting)
        filter.domain = domain
        filter.campaign = campaign.flatMap { CampaignID($0) }
        filter.olderThan = olderThan.map { .minutes(max(0, $0)) }
        filter.isOldestFirst = !newest
        if let recipient {
            let people = try await session.facades.contacts.find(.email(Sensitive(recipient)), by: session.requester)
            guard !people.isEmpty else {
                await session.output.problem("Nobody has this address.")
                return .negative
            }
            filter.recipients = people.map(\.contact)
        }
        let page = try await session.facades.delivery.queue(
            filter,
            after: after.flatMap { MessageID($0) },
            limit: limit,
            by: session.requester
        )
        if common.json {
            for row in page.rows { await session.output.line(JSONText.object(row.fields)) }
            return .done
        }
        try await tell(page, session)
        return .done
    }

    private func tell(_ page: QueuePage, _ session: CommandSession) async throws {
        var table = Table([
            ("message", .left), ("standing", .left), ("attempts", .right), ("made", .left), ("next attempt", .left),
            ("why", .left),
        ])
        for row in page.rows {
            let standing = row.summary.standing.title + (row.isNotice ? " (notice)" : "")
            let next = row.nextAttemptAt.map { "\($0)" } ?? "–"
            table.add([
                "\(row.summary.id)", standing, "\(row.attempts)", "\(row.madeAt)", next, row.sentence ?? "",
            ])
        }
        if page.rows.isEmpty {
            await session.output.line("Nothing here.")
        } else {
            for line in table.lines(width: max(session.output.width, 140)) { await session.output.line(line) }
        }
        if let next = page.next { await session.output.line("More: --after \(next)") }
        try await tellNotices(session)
    }

    private func tellNotices(_ session: CommandSession) async throws {
        let delivery = session.facades.delivery
        for notice in try await delivery.senderNotices(by: session.requester) {
            await session.output.line("! \(notice.message): \(notice.kind.sentence) (\(notice.raisedAt))")
        }
        for parked in try await delivery.parkedWork(by: session.requester) {
            await session.output.line("! given up: \(parked.kind), \(parked.reason), since \(parked.madeAt)")
        }
    }
}

extension QueueRow {
    /// The row for machines.
    fileprivate var fields: [String: String] {
        var fields = [
            "message": "\(summary.id)", "standing": summary.standing.rawValue, "class": messageClass,
            "attempts": "\(attempts)", "doubts": "\(doubts)", "made_at": "\(madeAt)", "expires_at": "\(expiresAt)",
            "notice": "\(isNotice)",
        ]
        fields["reason"] = summary.reason
        fields["campaign"] = campaign.map { "\($0)" }
        fields["next_attempt_at"] = nextAttemptAt.map { "\($0)" }
        return fields
    }
}

struct MailQueueShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one message's standing and each of its attempts.",
        discussion: """
            Why the gate decided as it did: ward mail explain.

              ward mail queue show 0193a1b2-… --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String

    func validate() throws { _ = try MessageArgument.identifier(message) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try MessageArgument.identifier(message)
        let explanation = try await session.facades.delivery.explain(id, by: session.requester)
        let summary = explanation.summary
        if common.json {
            var fields = ["message": "\(id)", "standing": summary.standing.rawValue]
            fields["reason"] = summary.reason
            fields["attempts"] = explanation.attempts.map { "\($0.number):\($0.outcome)" }.joined(separator: ",")
            await session.output.line(JSONText.object(fields))
            return .done
        }
        await session.output.line("\(summary.standing.title), since \(summary.changedAt)")
        var table = Table([
            ("attempt", .right), ("began", .left), ("ended", .left), ("outcome", .left), ("server", .left),
            ("reply", .left), ("protection", .left),
        ])
        for attempt in explanation.attempts {
            let evidence = attempt.evidence
            let reply = [evidence?.replyCode.map { "\($0)" }, evidence?.enhancedCode].compactMap(\.self)
            table.add([
                "\(attempt.number)", "\(attempt.beganAt)", attempt.endedAt.map { "\($0)" } ?? "–", attempt.outcome,
                evidence?.host ?? "–", reply.joined(separator: " "), evidence?.tlsVersion ?? "–",
            ])
        }
        if !table.isEmpty {
            for line in table.lines(width: max(session.output.width, 140)) { await session.output.line(line) }
        }
        return .done
    }
}

/// The argument that names a message.
enum MessageArgument {
    static func identifier(_ text: String) throws -> MessageID {
        guard let id = MessageID(text) else { throw ValidationError("A message is named by its identifier.") }
        return id
    }
}

/// An order about one message, with a reason.
protocol QueueOrderCommand: FacadeCommand {
    var message: String { get }
    var reason: String { get }
    /// What was done, as the end of "The message … ".
    static var done: String { get }
    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome
}

extension QueueOrderCommand {
    func validate() throws { _ = try MessageArgument.identifier(message) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try MessageArgument.identifier(message)
        switch try await order(id, session.facades.delivery, session.requester) {
        case .done: return await session.say("The message \(id) \(Self.done).", asJSON: common.json)
        case .reasonMissing:
            await session.output.problem("Give a reason. It is kept in the audit log.")
            return .negative
        case .notPossible(let standing):
            let sentence = "The message \(id) is “\(standing.title)”; nothing was changed."
            await session.output.problem(sentence)
            return .negative
        }
    }
}

struct MailQueueHoldCommand: QueueOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Take a message out of the queue until it is released.",
        discussion: "  ward mail queue hold 0193a1b2-… --data /var/lib/ward --reason \"Wrong attachment\""
    )
    static let done = "is held"

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome {
        try await delivery.hold(id, why: reason, by: requester)
    }
}

struct MailQueueReleaseCommand: QueueOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let a held message go on: the send gate is asked again.",
        discussion: "  ward mail queue release 0193a1b2-… --data /var/lib/ward --reason \"The attachment is right\""
    )
    static let done = "goes on; the gate is asked again"

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome {
        try await delivery.releaseHeld(id, why: reason, by: requester)
    }
}

struct MailQueueRetryCommand: QueueOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Begin the next attempt of a waiting message now.",
        discussion: "  ward mail queue retry 0193a1b2-… --data /var/lib/ward --reason \"Their server is back\""
    )
    static let done = "is tried again now"

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome {
        try await delivery.retryNow(id, why: reason, by: requester)
    }
}

struct MailQueueCancelCommand: QueueOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a message that has not left.",
        discussion: "  ward mail queue cancel 0193a1b2-… --data /var/lib/ward --reason \"Sent to the wrong person\""
    )
    static let done = "is cancelled"

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome {
        try await delivery.cancel(id, why: reason, by: requester)
    }
}

struct MailQueueRetractCommand: QueueOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "retract",
        abstract: "Take a message back from the portal before it is opened.",
        discussion: "  ward mail queue retract 0193a1b2-… --data /var/lib/ward --reason \"Sent to the wrong person\""
    )
    static let done = "is no longer in the portal"

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String

    func order(_ id: MessageID, _ delivery: Delivery, _ requester: Requester) async throws -> QueueOutcome {
        try await delivery.retract(id, why: reason, by: requester)
    }
}
