// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery
import WardKernel

struct MailTLSReportsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls-reports",
        abstract:
            "What was counted about TLS to other domains, the reports about it (RFC 8460), and whether they are sent.",
        subcommands: [
            MailTLSReportsListCommand.self, MailTLSReportsShowCommand.self, MailTLSReportsSetCommand.self,
        ],
        defaultSubcommand: MailTLSReportsListCommand.self
    )
}

struct MailTLSReportsListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List days and domains with their sessions, and what became of each report; the newest first.",
        discussion: """
            Days are in UTC. Ends with 1 when a session failed.

              ward mail tls-reports list --only-failures --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Only this domain.") var domain: String?
    @Flag(help: "Only days and domains with a session that failed.") var onlyFailures = false
    @Option(help: "How many rows: 1 to 500.") var limit = 100

    func validate() throws {
        guard (1...500).contains(limit) else { throw ValidationError("The limit is 1 to 500.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let delivery = session.facades.delivery
        let page = try await delivery.tlsReports(
            TLSReportFilter(domain: domain, onlyFailures: onlyFailures),
            limit: limit,
            by: session.requester
        )
        let status = page.rows.contains { $0.failures > 0 } ? ExitStatus.negative : .done
        if common.json {
            for row in page.rows { await session.output.line(JSONText.object(row.values)) }
            return status
        }
        if try await !delivery.sendsTLSReports(by: session.requester) {
            await session.output.problem("Reports are turned off.")
        }
        guard !page.rows.isEmpty else {
            await session.output.line("No session was counted yet.")
            return .done
        }
        var table = Table([
            ("day", .left), ("domain", .left), ("protected", .right), ("failed", .right), ("report", .left),
            ("to", .left),
        ])
        for row in page.rows {
            let next = row.nextAt.map { ", next \($0)" } ?? ""
            table.add([
                "\(row.day)", row.domain, "\(row.successes)", "\(row.failures)",
                row.standing.title.lowercased() + next, row.place ?? "",
            ])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return status
    }
}

struct MailTLSReportsShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the report about a domain as it was sent, or as it would be sent now.",
        discussion: """
            Prints the JSON of RFC 8460, before compression. Ends with 1 when nothing was counted.

              ward mail tls-reports show partner.example --day 2026-11-26 --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The domain, as in the addresses there.") var domain: String
    @Option(help: "The day in UTC, as 2026-11-26; the newest without it.") var day: String?

    func validate() throws {
        if let day, CalendarDate(day) == nil { throw ValidationError("A day is written as 2026-11-26.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let found = try await session.facades.delivery.tlsReport(
            about: domain,
            on: day.flatMap { CalendarDate($0) },
            by: session.requester
        )
        guard let found else {
            await session.output.problem("No session with this domain was counted then.")
            return .negative
        }
        if common.json {
            await session.output.line(found.json)
            return .done
        }
        let place = found.row.place.map { " to \($0)" } ?? ""
        await session.output.line("\(found.row.standing.title)\(place), \(found.fileName)")
        if let next = found.row.nextAt { await session.output.line("Next: \(next)") }
        if let message = found.row.message { await session.output.line("Message \(message)") }
        await session.output.line("")
        for line in found.json.split(separator: "\n") { await session.output.line(String(line)) }
        return .done
    }
}

struct MailTLSReportsSetCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Turn the sending of reports on or off.",
        discussion: """
            Sessions are counted all the same. What is due while reports are off is not sent later.

              ward mail tls-reports set off --reason "A relay reports for us" --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "on or off.") var state: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard ["on", "off"].contains(state) else { throw ValidationError("Reports are on or off.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.delivery.sendTLSReports(
            state == "on",
            why: reason,
            by: session.requester
        )
        if case .refused(let rule) = outcome {
            await session.output.problem("Nothing was changed: \(rule).")
            return .negative
        }
        return await session.say("Reports about TLS are \(state).", asJSON: common.json)
    }
}

extension TLSReportRow {
    fileprivate var values: [String: String] {
        var values = [
            "day": "\(day)", "domain": domain, "successes": "\(successes)", "failures": "\(failures)",
            "report": standing.rawValue,
        ]
        values["next"] = nextAt.map { "\($0)" }
        values["to"] = place
        values["message"] = message.map { "\($0)" }
        return values
    }
}
