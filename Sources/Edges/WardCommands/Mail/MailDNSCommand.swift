// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardSenderDomains

struct MailDNSCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns",
        abstract: "List the DNS records to publish for the sender domain, look each up, and say what is wrong.",
        discussion: """
            Ends with 1 when a record is missing or wrong.

              ward mail dns --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let report = try await session.facades.senderDomains.report(by: session.requester)
        if common.json {
            for record in report.records {
                await session.output.line(
                    JSONText.object([
                        "purpose": record.purpose.word, "name": record.name, "text": record.text,
                        "standing": record.standing.word, "sentence": record.standing.sentence,
                    ])
                )
            }
        } else {
            await tell(report, session)
        }
        return report.isSigning && report.records.allSatisfy(\.standing.holds) ? .done : .negative
    }

    private func tell(_ report: DomainReport, _ session: CommandSession) async {
        await session.output.line("Mail comes from \(report.domain), sent by \(report.mailHostName).")
        if !report.isSigning {
            await session.output.line("✗ No signing key is active: mail leaves unsigned. See: ward mail keys --help")
        }
        for record in report.records {
            await session.output.line("")
            await session.output.line("\(Self.mark(record.standing)) \(record.title): \(record.standing.sentence)")
            if record.standing != .removable {
                await session.output.line("  " + ZoneLine.text(record.name, record.text))
            }
        }
        guard let policy = report.policyText else { return }
        await session.output.line("")
        await session.output.line("Serve at https://mta-sts.\(report.domain)/.well-known/mta-sts.txt as text/plain:")
        for line in policy.split(separator: "\n") { await session.output.line("  " + line) }
    }

    private static func mark(_ standing: RecordStanding) -> String {
        switch standing {
        case .good: "✓"
        case .advice, .unknown, .removable: "!"
        case .missing, .wrong: "✗"
        }
    }
}

extension DomainRecord {
    fileprivate var title: String {
        if case .dkim(let key) = purpose { return "DKIM \(key.selector) (\(key.state.rawValue))" }
        return purpose.word
    }
}

/// A TXT record as a line of a zone file (RFC 1035 section 5.1).
enum ZoneLine {
    static func text(_ name: String, _ text: String) -> String {
        let strings = DomainRecord.zoneStrings(text).map { string in
            "\"" + string.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "\(name). IN TXT \(strings.joined(separator: " "))"
    }
}
