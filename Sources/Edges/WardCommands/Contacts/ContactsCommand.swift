// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContacts
import WardKernel

struct ContactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Bring people in, and keep what they ask for.",
        subcommands: [
            ContactsImportCommand.self, ContactsUndoCommand.self, ContactsRequestsCommand.self,
            ContactsKeysCommand.self,
        ]
    )
}

struct ContactsImportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import people from CSV or FHIR R4 Patient NDJSON, or dated records that join to them.",
        discussion: """
            Delimiter, encoding, header and columns are detected. What cannot be understood is named by row and column, and
            rejected rows are kept for repair. A file of dated records (conditions, immunizations …) takes the same --source
            as the people it joins to.

              ward contacts import --data /var/lib/ward patients.csv --source synthea \\
                  --email-template '{first}.{last}@clinic.example'
              ward contacts import --data /var/lib/ward conditions.csv --source synthea
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file.") var file: String
    @Option(help: "Where its record numbers are from: one name for each system.") var source = "file"
    @Option(help: "Derives addresses, such as '{first}.{last}@clinic.example', for files that have none.")
    var emailTemplate: String?

    func validate() throws {
        if let emailTemplate, EmailTemplate(emailTemplate) == nil {
            throw ValidationError("--email-template takes a form such as '{first}.{last}@clinic.example'.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        await session.output.progress("Reading \(name) …")
        let (states, feed) = AsyncStream.makeStream(of: ImportProgress.self, bufferingPolicy: .bufferingNewest(1))
        async let drawing: Void = draw(states, session.output)
        defer { feed.finish() }
        let outcome = try await session.facades.contacts.importFile(
            fileName: name,
            session.files.read(file),
            source: source,
            emailTemplate: emailTemplate.flatMap { EmailTemplate($0) },
            by: session.requester,
            progress: { feed.yield($0) }
        )
        feed.finish()
        await drawing
        await session.output.endProgress()
        switch outcome {
        case .refused(let problems):
            for problem in problems { await session.output.problem(problem) }
            return .negative
        case .imported(let progress):
            await tell(progress, session)
            try await tellRejections(progress, session)
            guard let problem = progress.problem else { return .done }
            await session.output.problem("The import stopped; what stands above was imported. \(problem)")
            return .negative
        }
    }

    private func draw(_ states: AsyncStream<ImportProgress>, _ output: any CommandOutput) async {
        for await state in states { await output.progress(Self.line(of: state, width: output.width)) }
    }

    /// A bar, rows done of all, rate and time left.
    static func line(of progress: ImportProgress, width: Int) -> String {
        let rate = progress.rate.map { Int($0) } ?? 0
        guard let total = progress.rowTotal, total > 0 else {
            return "\(progress.rowsDone.grouped) rows, \(rate.grouped)/s"
        }
        let cells = max(10, min(40, width - 60))
        let filled = min(cells, cells * progress.rowsDone / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
        let left = rate > 0 ? ", \(max(0, (total - progress.rowsDone) / rate).grouped) s left" : ""
        return "\(bar) \(progress.rowsDone.grouped) of \(total.grouped) rows, \(rate.grouped)/s\(left)"
    }

    /// How many rejected rows are named one by one.
    private static let namedRows = 20

    private func tellRejections(_ progress: ImportProgress, _ session: CommandSession) async throws {
        guard progress.counts.rejected > 0 else { return }
        let named = try await session.facades.contacts.rejections(
            of: progress.id,
            limit: Self.namedRows,
            by: session.requester
        )
        for sentence in named { await session.output.problem(sentence) }
        let rest = progress.counts.rejected - named.count
        if rest > 0 { await session.output.problem("and \(rest.grouped) more rows.") }
        await session.output.problem(
            "Rejected rows are kept: download them with their reasons on the page of this import, mend them, and import "
                + "that file."
        )
    }

    private func tell(_ progress: ImportProgress, _ session: CommandSession) async {
        let counts = progress.counts
        let rows = [
            ("added", counts.added), ("updated", counts.updated), ("unchanged", counts.unchanged),
            ("possible duplicates", counts.possibleDuplicates), ("rejected", counts.rejected),
            ("cells left out", counts.noted),
        ]
        if common.json {
            var fields = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, "\($0.1)") })
            fields["import"] = "\(progress.id)"
            await session.output.line(JSONText.object(fields))
            return
        }
        var table = Table([(progress.fileName, .left), ("rows", .right)])
        for (title, count) in rows { table.add([title, count.grouped]) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        if let rate = progress.rate { await session.output.line("\(Int(rate).grouped) rows a second") }
        await session.output.line("To undo it, until somebody was written to: ward contacts undo \(progress.id)")
    }
}
