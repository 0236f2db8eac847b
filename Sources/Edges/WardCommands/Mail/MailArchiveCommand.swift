// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery
import WardKernel

struct MailShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a message exactly as it was sent; the disclosure is audited.",
        discussion: "  ward mail show 0193a1b2-… --data /var/lib/ward --reason \"The patient asks what we wrote\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's identifier.") var message: String
    @Option(help: "Why, for the audit log.") var reason: String
    @Flag(help: "Show the encrypted bytes that left, not what is inside.") var encrypted = false

    func validate() throws { _ = try MessageArgument.identifier(message) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try MessageArgument.identifier(message)
        let sent = try await session.facades.delivery.showSent(
            id,
            encrypted: encrypted,
            why: reason,
            by: session.requester
        )
        switch sent {
        case .shown(let bytes, let summary):
            let text = bytes.expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) }
            if common.json {
                await session.output.line(
                    JSONText.object(["message": "\(id)", "standing": summary.standing.rawValue, "content": text])
                )
            } else {
                for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
                    await session.output.line(String(line))
                }
            }
            return .done
        case .differs:
            await session.output.problem("The message no longer reads as it was sent, and is not shown.")
        case .erased:
            await session.output.problem("The person was erased, and the message with them.")
        case .reasonMissing:
            await session.output.problem("Give a reason. It is kept in the audit log.")
        }
        return .negative
    }
}

struct MailRetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "For how many years sent messages are kept, and the removal of older ones.",
        subcommands: [MailRetentionShowCommand.self, MailRetentionSetCommand.self, MailRetentionPurgeCommand.self]
    )
}

struct MailRetentionShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Say for how many years messages are kept.",
        discussion: "  ward mail retention show --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let years = try await session.facades.delivery.retentionYears(by: session.requester)
        await session.output.line(
            common.json ? JSONText.object(["years": "\(years)"]) : "Messages are kept for \(years) years."
        )
        return .done
    }
}

struct MailRetentionSetCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set for how many years messages are kept.",
        discussion: "  ward mail retention set 7 --data /var/lib/ward --reason \"State law\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "1 to 100.") var years: Int
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let delivery = session.facades.delivery
        switch try await delivery.keepMessages(forYears: years, why: reason, by: session.requester) {
        case .done: return await session.say("Messages are kept for \(years) years.", asJSON: common.json)
        case .refused(let rule):
            await session.output.problem("Nothing was changed: \(rule).")
            return .negative
        case .unknown: return .negative
        }
    }
}

struct MailRetentionPurgeCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove ended messages that are older than the time for which they are kept.",
        discussion: "  ward mail retention purge --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let count = try await session.facades.delivery.purge(by: session.requester)
        await session.output.line(
            common.json ? JSONText.object(["removed": "\(count)"]) : "\(count.grouped) messages were removed."
        )
        return .done
    }
}
