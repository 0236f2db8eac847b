// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery

struct MailDestinationsCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "destinations",
        abstract: "List the domains that were sent to or looked at, and what protects mail to them.",
        discussion: """
            Ends with 1 when a domain is less protected than it was.

              ward mail destinations --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let destinations = try await session.facades.delivery.destinations(by: session.requester)
        let status = destinations.contains { $0.alertSince != nil } ? ExitStatus.negative : .done
        if common.json {
            for destination in destinations { await session.output.line(destination.json) }
            return status
        }
        guard !destinations.isEmpty else {
            await session.output.line("Nothing was sent or looked at yet.")
            return .done
        }
        var table = Table([
            ("domain", .left), ("protection", .left), ("MTA-STS", .left), ("DANE", .left), ("since", .left),
        ])
        for destination in destinations {
            let posture = destination.posture
            table.add([
                destination.domain, posture.protection, posture.policy, posture.dane, "\(destination.foundAt)",
            ])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        for destination in destinations {
            guard let since = destination.alertSince else { continue }
            await session.output.problem("\(destination.domain) is less protected than it was, since \(since).")
        }
        return status
    }
}

struct MailDomainCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "domain",
        abstract: "Show what was found about a domain's mail servers, and when it changed.",
        discussion: """
            Ends with 1 when nothing was found yet, or the domain is less protected than it was.

              ward mail domain partner.example --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The domain, as in the addresses there.") var domain: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let delivery = session.facades.delivery
        guard let history = try await delivery.destination(ofDomain: domain, by: session.requester) else {
            await session.output.problem("Nothing was sent to this domain or looked at yet.")
            return .negative
        }
        let status = history.summary.alertSince == nil ? ExitStatus.done : .negative
        if common.json {
            for change in history.changes { await session.output.line(change.json) }
            return status
        }
        await session.output.line("\(history.summary.domain), last seen \(history.summary.lookedAt)")
        if let since = history.summary.alertSince {
            await session.output.problem("It is less protected than it was, since \(since).")
        }
        for change in history.changes {
            await session.output.line("")
            await session.output.line("\(change.foundAt)  \(change.posture.protection)")
            let identifier = change.posture.policyIdentifier.map { " (\($0))" } ?? ""
            await session.output.line("  MTA-STS: \(change.posture.policy)\(identifier)")
            await session.output.line("  DANE: \(change.posture.dane)")
            if let proof = change.posture.proof { await session.output.line("  Certificate by: \(proof)") }
        }
        return status
    }
}

extension DestinationPosture {
    /// The level, and what stood in the way of a better one.
    fileprivate var protection: String { failure.map { "\(level.title) (\($0))" } ?? level.title }

    fileprivate var values: [String: String] {
        var values = ["level": "\(level.rawValue)", "mta_sts": policy, "dane": dane]
        values["mta_sts_id"] = policyIdentifier
        values["proof"] = proof
        values["failure"] = failure
        return values
    }
}

extension DestinationSummary {
    fileprivate var json: String {
        var values = posture.values
        values["domain"] = domain
        values["since"] = "\(foundAt)"
        values["seen"] = "\(lookedAt)"
        values["alert_since"] = alertSince.map { "\($0)" }
        return JSONText.object(values)
    }
}

extension DestinationChange {
    fileprivate var json: String {
        var values = posture.values
        values["since"] = "\(foundAt)"
        return JSONText.object(values)
    }
}
