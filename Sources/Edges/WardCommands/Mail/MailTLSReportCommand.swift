// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardSenderDomains

struct MailTLSReportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls-report",
        abstract: "Read a TLS report (RFC 8460) that another server sent about mail to the sender domain.",
        discussion: """
            Takes the attachment as it came, JSON or compressed with gzip. Ends with 1 when it counts failures.

              ward mail tls-report --data /var/lib/ward google.com!lakeside.example!1795478400!1795564799.json.gz
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The report's file.") var file: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let bytes = try await session.files.octets(of: file, limit: SenderDomains.longestTLSReport)
        let report = try await session.facades.senderDomains.read(tlsReport: bytes, by: session.requester)
        if common.json {
            for line in report.lines { await session.output.line(json(line, of: report)) }
        } else {
            await tell(report, session)
        }
        return report.failures == 0 ? .done : .negative
    }

    private func tell(_ report: TLSReportSummary, _ session: CommandSession) async {
        await session.output.line("\(report.reporter), \(report.begins) to \(report.ends) (\(report.identifier))")
        for line in report.lines {
            let mark = line.failures == 0 ? "✓" : "✗"
            await session.output.line(
                "\(mark) \(line.domain) (\(line.policy)): \(line.successes) protected, \(line.failures) failed"
            )
            if !line.isOwnDomain { await session.output.problem("\(line.domain) is not the sender domain.") }
            for detail in line.details {
                let reason = detail.reason.isEmpty ? "" : " (\(detail.reason))"
                await session.output.line("    \(detail.sessions) × \(detail.result) at \(detail.host)\(reason)")
            }
        }
    }

    private func json(_ line: TLSReportSummary.Line, of report: TLSReportSummary) -> String {
        JSONText.object([
            "reporter": report.reporter, "report": report.identifier, "begins": report.begins, "ends": report.ends,
            "domain": line.domain, "own_domain": "\(line.isOwnDomain)", "policy": line.policy,
            "successes": "\(line.successes)", "failures": "\(line.failures)",
            "results": line.details.map { "\($0.result) \($0.host) \($0.sessions)" }.joined(separator: ", "),
        ])
    }
}
