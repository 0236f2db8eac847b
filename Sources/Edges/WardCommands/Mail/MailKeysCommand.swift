// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardSenderDomains

struct MailKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, activate and retire the keys that sign the organization's mail (DKIM).",
        discussion: """
            A new pair of keys waits until its DNS records are seen; what is active signs meanwhile. Activating a key retires
            the one before it. Leave a retired key's record in the DNS for a week: mail that it signed may still be on its way.
            """,
        subcommands: [
            MailKeysListCommand.self, MailKeysMakeCommand.self, MailKeysActivateCommand.self,
            MailKeysRetireCommand.self,
        ]
    )
}

struct MailKeysListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the signing keys and where they stand.",
        discussion: "  ward mail keys list --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let keys = try await session.facades.senderDomains.keys(by: session.requester)
        if common.json {
            for key in keys { await session.output.line(key.json) }
            return .done
        }
        guard !keys.isEmpty else {
            await session.output.line("There are no signing keys: mail leaves unsigned. Make them: ward mail keys make")
            return .done
        }
        var table = Table([
            ("selector", .left), ("domain", .left), ("algorithm", .left), ("state", .left), ("since", .left),
        ])
        for key in keys {
            let since = key.retiredAt ?? key.activatedAt ?? key.madeAt
            table.add([key.selector, key.domain, key.algorithmWord, key.state.rawValue, "\(since)"])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}

struct MailKeysMakeCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "make",
        abstract: "Make the next pair of keys, RSA-2048 and Ed25519, and show the DNS records to publish.",
        discussion: "  ward mail keys make --data /var/lib/ward --reason \"Yearly change\""
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let keys = try await session.facades.senderDomains.makeKeys(why: reason, by: session.requester)
        if common.json {
            for key in keys { await session.output.line(key.json) }
            return .done
        }
        await session.output.line("Publish these records, then activate each key:")
        for key in keys {
            await session.output.line("")
            await session.output.line(key.zoneLine)
            await session.output.line("  ward mail keys activate \(key.selector)")
        }
        return .done
    }
}

struct MailKeysActivateCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Make a waiting key sign, once its DNS record is seen.",
        discussion: """
            Where this machine cannot see the record though it is published (split DNS), say so with a reason.

              ward mail keys activate ward-20261125-rsa --data /var/lib/ward
              ward mail keys activate ward-20261125-rsa --unseen-because "Published in the outside view"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's selector, as ward mail keys list shows it.") var selector: String
    @Option(help: "Activate without seeing the record, for this reason; kept in the audit log.")
    var unseenBecause: String?

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.senderDomains.activate(
            selector: selector,
            unseenBecause: unseenBecause,
            by: session.requester
        )
        switch outcome {
        case .recordNotSeen(let standing):
            await session.output.problem("\(selector) is not activated. \(standing.sentence)")
            return .negative
        case .active(let key, let replaced):
            if common.json {
                for changed in [key] + replaced { await session.output.line(changed.json) }
                return .done
            }
            await session.output.line("\(key.selector) signs from now on.")
            for old in replaced {
                let until = old.recordNeededUntil.map { " until \($0)" } ?? ""
                await session.output.line("\(old.selector) is retired; leave its record in the DNS\(until).")
            }
            return .done
        }
    }
}

struct MailKeysRetireCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Stop a key from signing and destroy its secret half.",
        discussion: "  ward mail keys retire ward-20251125-rsa --data /var/lib/ward --reason \"No longer needed\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's selector, as ward mail keys list shows it.") var selector: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let domains = session.facades.senderDomains
        let key = try await domains.retire(selector: selector, why: reason, by: session.requester)
        if common.json {
            await session.output.line(key.json)
            return .done
        }
        await session.output.line("\(key.selector) is retired and its secret half destroyed.")
        if let until = key.recordNeededUntil {
            await session.output.line("Leave its record in the DNS until \(until).")
        }
        let left = try await domains.keys(by: session.requester)
        if !left.contains(where: { $0.state == .active && $0.domain == key.domain }) {
            await session.output.line("No key of \(key.domain) is active now: mail leaves unsigned.")
        }
        return .done
    }
}

extension SigningKey {
    /// For machines.
    fileprivate var json: String {
        JSONText.object([
            "selector": selector, "domain": domain, "algorithm": algorithmWord, "state": state.rawValue,
            "record_name": recordName, "record": recordText, "made_at": "\(madeAt)",
        ])
    }

    /// The record as a line of a zone file.
    fileprivate var zoneLine: String { ZoneLine.text(recordName, recordText) }
}
