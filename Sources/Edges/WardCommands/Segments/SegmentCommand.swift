// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContacts
import WardKernel
import WardSegments

struct SegmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "List and count segments, and explain who belongs.",
        subcommands: [SegmentListCommand.self, SegmentCountCommand.self, SegmentExplainCommand.self]
    )
}

struct SegmentListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the segments.",
        discussion: "  ward segment list --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let segments = try await session.facades.segments.list(by: session.requester)
        if common.json {
            for segment in segments {
                await session.output.line(
                    JSONText.object(["id": "\(segment.id)", "name": segment.name, "version": "\(segment.version)"])
                )
            }
            return .done
        }
        var table = Table([("segment", .left), ("last count", .right), ("changed (UTC)", .left)])
        for segment in segments {
            table.add([segment.name, segment.sizes.last.map { "\($0.size)" } ?? "–", "\(segment.changedAt)"])
        }
        if table.isEmpty {
            await session.output.line("There are no segments yet. Try a rule with: ward segment count 'age >= 65'")
        }
        for line in table.lines(width: session.output.width) where !table.isEmpty { await session.output.line(line) }
        return .done
    }
}

struct SegmentCountCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count the people of a stored segment or of a rule.",
        discussion: """
              ward segment count --data /var/lib/ward 'age between 40 and 74 and sex = "female"'
              ward segment count --data /var/lib/ward --named "Due for a mammogram"
              ward segment count --data /var/lib/ward --timing --repeat 20 'age >= 65'
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "A rule in the segment language.") var rule: String?
    @Option(help: "The name of a stored segment.") var named: String?
    @Flag(help: "Say how long the columns and the rule took.") var timing = false
    @Option(name: .customLong("repeat"), help: "Count so many times, for --timing.") var times = 1

    func validate() throws {
        guard (rule == nil) != (named == nil) else { throw ValidationError("Give a rule, or --named NAME.") }
        guard (1...1_000).contains(times) else { throw ValidationError("--repeat takes 1 to 1,000.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let choice = SegmentChoice(rule: rule, name: named)
        let tally = try await choice.tally(session)
        var timings = [tally.timing]
        for _ in 1..<times { timings.append(try await choice.tally(session).timing) }
        let summary = TimingSummary(timings, people: tally.population)
        if common.json {
            var fields = ["count": "\(tally.count)", "population": "\(tally.population)"]
            if timing { fields.merge(summary.fields) { first, _ in first } }
            await session.output.line(JSONText.object(fields))
            return .done
        }
        var table = Table([("line", .left), ("each", .right), ("left", .right)])
        for line in tally.lines {
            let indent = String(repeating: "  ", count: line.depth)
            // The person typed the rule, or may see it: the façade decided.
            let text = line.text.expose(for: .disclosing) { $0 }
            table.add([indent + text, "\(line.each)", line.left.map { "\($0)" } ?? ""])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        await session.output.line("")
        await session.output.line("\(tally.count) of \(tally.population.grouped) people")
        if timing { for line in summary.sentences { await session.output.line(line) } }
        return .done
    }
}

struct SegmentExplainCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say for one person which terms hold, and why. Recorded as a disclosure.",
        discussion: """
              ward segment explain --data /var/lib/ward --named "Due for a mammogram" --person 0193a1b2-…
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "A rule in the segment language.") var rule: String?
    @Option(help: "The name of a stored segment.") var named: String?
    @Option(help: "The person's identifier in Ward.") var person: String

    func validate() throws {
        guard (rule == nil) != (named == nil) else { throw ValidationError("Give a rule, or --named NAME.") }
        guard ContactID(person) != nil else {
            throw ValidationError("--person takes an identifier such as 0193a1b2-….")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let contact = ContactID(person) else { throw ValidationError("--person takes an identifier.") }
        let explanation = try await SegmentChoice(rule: rule, name: named).explanation(of: contact, session)
        for term in explanation.terms {
            let indent = String(repeating: "  ", count: term.depth)
            // The explanation is itself a recorded disclosure.
            let text = term.term.expose(for: .disclosing) { $0 }
            let reason = term.reason.map { reason in reason.expose(for: .disclosing) { $0 } }
            if common.json {
                await session.output.line(
                    JSONText.object(["term": text, "holds": "\(term.holds)", "reason": reason ?? ""])
                )
            } else {
                let words = reason.map { "  (\($0))" } ?? ""
                await session.output.line("\(term.holds ? "✓" : "✗") \(indent)\(text)\(words)")
            }
        }
        if common.json { return .done }
        await session.output.line(explanation.isMember ? "They belong." : "They do not belong.")
        return .done
    }
}

/// A rule that was typed, or a stored segment by its name.
private struct SegmentChoice {
    let rule: String?
    let name: String?

    func tally(_ session: CommandSession) async throws -> SegmentTally {
        if let rule { return try await session.facades.segments.count(rule: rule, by: session.requester) }
        return try await session.facades.segments.count(try await stored(session), by: session.requester)
    }

    func explanation(of contact: ContactID, _ session: CommandSession) async throws -> MembershipExplanation {
        let segments = session.facades.segments
        if let rule { return try await segments.why(contact, inRule: rule, by: session.requester) }
        return try await segments.why(contact, in: try await stored(session), by: session.requester)
    }

    private func stored(_ session: CommandSession) async throws -> SegmentID {
        guard let name, let segment = try await session.facades.segments.segment(named: name, by: session.requester)
        else {
            throw CommandFailure("There is no segment of that name. List them with: ward segment list", status: .usage)
        }
        return segment.id
    }
}
