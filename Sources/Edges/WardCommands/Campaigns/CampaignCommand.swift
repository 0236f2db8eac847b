// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardCampaigns
import WardConsent
import WardDelivery
import WardKernel
import WardSegments

struct CampaignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign",
        abstract: "Write, check, send and account for campaigns.",
        subcommands: [
            CampaignCreateCommand.self, CampaignPreflightCommand.self, CampaignSendCommand.self,
            CampaignReportCommand.self,
        ]
    )
}

/// What a message is about, as the command line names it; nobody else pays for it.
enum CampaignSubject: String, ExpressibleByArgument, CaseIterable {
    case treatment, careCoordination = "care-coordination", ownService = "own-service", administration

    var messageSubject: MessageSubject {
        switch self {
        case .treatment: .treatment
        case .careCoordination: .careCoordination
        case .ownService: .ownService
        case .administration: .administration
        }
    }
}

struct CampaignCreateCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Write a campaign's draft from a text file.",
        discussion: """
            For messages that nobody else pays for; marketing and fundraising are written on the page, which asks every
            question. The text may hold fields such as {{ given_name | "patient" }}.

              ward campaign create --data /var/lib/ward --name "Flu shots" --segment "Everybody" --about treatment \\
                  --subject "Walk-in days for your flu shot" flu.txt
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The campaign's name, for staff.") var name: String
    @Option(help: "The name of the segment it goes to.") var segment: String
    @Option(help: "What it is about: \(CampaignSubject.allCases.map(\.rawValue).joined(separator: ", ")).")
    var about: CampaignSubject
    @Option(help: "The subject; fields that are protected are refused in it.") var subject: String
    @Option(help: "routine, sensitive or restricted.") var sensitivity = "routine"
    @Argument(help: "The file with the text, UTF-8.") var text: String

    func validate() throws {
        guard Sensitivity(rawValue: sensitivity) != nil else {
            throw ValidationError("--sensitivity takes routine, sensitive or restricted.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let chosen = try await session.facades.segments.segment(named: segment, by: session.requester) else {
            throw CommandFailure("There is no segment of that name. List them with: ward segment list", status: .usage)
        }
        var bytes: [UInt8] = []
        for try await chunk in session.files.read(text) {
            bytes += chunk
            guard bytes.count <= MergeLimits.sourceOctets else {
                throw CommandFailure("The text is longer than \(MergeLimits.sourceOctets.grouped) octets.")
            }
        }
        let draft = CampaignDraft(
            name: name,
            segment: chosen.id,
            answers: ClassificationAnswers(
                isFundraising: false,
                isRefillReminder: false,
                encouragesPurchase: about != .administration,
                subject: about.messageSubject,
                payment: ThirdPartyPayment.none
            ),
            subject: subject,
            text: String(decoding: bytes, as: UTF8.self),
            sensitivity: Sensitivity(rawValue: sensitivity)
        )
        let problems = try await session.facades.campaigns.problems(of: draft, requester: session.requester)
            .filter { ![.senderName, .postalAddress].contains($0.field) }
        for problem in problems { await session.output.problem(problem.sentence) }
        guard problems.isEmpty else { return .negative }
        let id = try await session.facades.campaigns.create(draft, requester: session.requester)
        await session.output.line(common.json ? JSONText.object(["campaign": "\(id)"]) : "\(id)")
        return .done
    }
}

/// The campaign that a command is about.
struct CampaignChoice: ParsableArguments {
    @Argument(help: "The campaign's identifier, as `ward campaign create` prints it.") var campaign: String

    func validate() throws {
        guard CampaignID(campaign) != nil else { throw ValidationError("A campaign is named by its identifier.") }
    }

    var id: CampaignID {
        get throws {
            guard let id = CampaignID(campaign) else { throw ValidationError("A campaign is named by its identifier.") }
            return id
        }
    }
}

struct CampaignPreflightCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract: "Say how many people get it by which method, and how many not, each group with its reason.",
        discussion: "  ward campaign preflight --data /var/lib/ward 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var choice: CampaignChoice

    func run(with session: CommandSession) async throws -> ExitStatus {
        await session.output.progress("Asking the send gate about everybody …")
        let report = try await session.facades.campaigns.preflight(try choice.id, requester: session.requester)
        if try await session.facades.campaigns.lacksOneClick(try choice.id, requester: session.requester) {
            await session.output.problem(
                "The patients' site is not on https, so mail programs get no button to unsubscribe; the link stays."
            )
        }
        await session.output.endProgress()
        var table = Table([("method", .left), ("reason", .left), ("people", .right)])
        for group in report.groups { table.add([group.method.rawValue, group.sentence, group.count.grouped]) }
        if common.json {
            await session.output.line(
                JSONText.object(["people": "\(report.total)", "reached": "\(report.reached)"])
            )
        } else {
            for line in table.lines(width: session.output.width) { await session.output.line(line) }
            await session.output.line("\(report.reached.grouped) of \(report.total.grouped) people would be reached.")
        }
        return .done
    }
}

struct CampaignSendCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send a campaign now. The running server, or the next one, does the work.",
        discussion: "  ward campaign send --data /var/lib/ward 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var choice: CampaignChoice

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try choice.id
        try await session.facades.campaigns.sendNow(id, requester: session.requester)
        await session.output.line(
            common.json ? JSONText.object(["campaign": "\(id)"]) : "It is on its way: ward campaign report \(id)"
        )
        return .done
    }
}

struct CampaignReportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say what became of a campaign.",
        discussion: "  ward campaign report --data /var/lib/ward 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var choice: CampaignChoice

    func run(with session: CommandSession) async throws -> ExitStatus {
        let report = try await session.facades.campaigns.report(try choice.id, requester: session.requester)
        if common.json {
            await session.output.line(
                JSONText.object([
                    "state": report.state.rawValue, "audience": "\(report.audience)",
                    "delivered": "\(report.delivered)",
                    "waiting_in_portal": "\(report.waitingInPortal)", "opened_in_portal": "\(report.openedInPortal)",
                    "refused": "\(report.refused)", "expired": "\(report.expired)", "not_sent": "\(report.notSent)",
                    "pending": "\(report.pending)", "attempts_in_doubt": "\(report.attemptsInDoubt)",
                ])
            )
            return .done
        }
        var table = Table([("outcome", .left), ("how, or why not", .left), ("people", .right)])
        for row in report.rows { table.add([row.title, row.sentence ?? row.method?.title ?? "", row.count.grouped]) }
        table.add(["", "All in the audience", report.audience.grouped])
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}
