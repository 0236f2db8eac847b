// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardSenderDomains

struct MailAlignmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dmarc-reports",
        abstract: "What receivers report about mail with the sender domain in From (DMARC, RFC 9990).",
        subcommands: [MailAlignmentShowCommand.self, MailAlignmentKeepCommand.self]
    )
}

struct MailAlignmentShowCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "Show where mail in the domain's name came from, and whether it was recognised. Ends with 1 when some failed.",
        discussion: "  ward mail dmarc-reports show --data /var/lib/ward --days 30"
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The last so many days, 1 to 400.") var days = 30

    func validate() throws {
        guard (1...400).contains(days) else { throw ValidationError("The days are 1 to 400.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let alignment = try await session.facades.senderDomains.alignment(days: days, by: session.requester)
        if common.json {
            for source in alignment.sources {
                await session.output.line(
                    JSONText.object([
                        "source": source.address, "passed": "\(source.passed)", "failed": "\(source.failed)",
                        "stopped": "\(source.stopped)",
                    ])
                )
            }
        } else if alignment.reports.isEmpty {
            await session.output.line("No report about \(alignment.domain) in the last \(days) days.")
        } else {
            let all = alignment.passed + alignment.failed
            await session.output.line(
                "\(alignment.passed) of \(all) messages were recognised as from \(alignment.domain) "
                    + "(\(alignment.reports.count) \(alignment.reports.count == 1 ? "report" : "reports"))."
            )
            var table = Table([("source", .left), ("recognised", .right), ("failed", .right), ("stopped", .right)])
            for source in alignment.sources {
                table.add([source.address, "\(source.passed)", "\(source.failed)", "\(source.stopped)"])
            }
            for line in table.lines(width: session.output.width) { await session.output.line(line) }
        }
        return alignment.failed == 0 ? .done : .negative
    }
}

struct MailAlignmentKeepCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep",
        abstract: "Keep a report from a file, as it came: XML, under gzip, or in a ZIP archive.",
        discussion:
            "  ward mail dmarc-reports keep --data /var/lib/ward google.com!lakeside.example!1795478400!1795564799.zip"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The report's file.") var file: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let bytes = try await session.files.octets(of: file, limit: SenderDomains.longestAlignmentReport)
        let outcome = try await session.facades.senderDomains.keep(alignmentReport: bytes, by: session.requester)
        switch outcome {
        case .kept(let records):
            return await session.say(
                "Kept, with \(records) \(records == 1 ? "record" : "records").",
                asJSON: common.json
            )
        case .keptBefore: return await session.say("It was kept before.", asJSON: common.json)
        case .otherDomain:
            await session.output.problem("It is about another domain than the sender domain. Nothing is kept.")
        case .unreadable:
            await session.output.problem(
                "The file is no DMARC report (RFC 9990: XML, also under gzip or ZIP), or is over 4 MiB."
            )
        }
        return .negative
    }
}
