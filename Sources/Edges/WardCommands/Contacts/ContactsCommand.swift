// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContacts
import WardKernel

struct ContactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Bring people in.",
        subcommands: [ContactsImportCommand.self]
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
        await session.output.progress("Importing \(name) …")
        let outcome = try await session.facades.contacts.importFile(
            fileName: name,
            session.files.read(file),
            source: source,
            emailTemplate: emailTemplate.flatMap { EmailTemplate($0) },
            by: session.requester
        )
        await session.output.endProgress()
        switch outcome {
        case .refused(let problems):
            for problem in problems { await session.output.problem(problem) }
            return .negative
        case .imported(let progress):
            await tell(progress, session)
            return .done
        }
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
    }
}
