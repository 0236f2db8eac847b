// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct DemoCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole story with made-up people and a mail world of its own, on loopback.",
        discussion: """
            Makes people, imports them, chooses a segment, sends it a campaign over real SMTP to invented domains, prints
            the report and verifies the audit log; then serves the pages. With --once it ends there: exit code 0 only if
            every message has a final state (waiting in the portal is final).

              ward demo
              ward demo --once --people 500 --json
              ward demo --people 100000 --write /tmp/people
              ward demo --once --import patients.csv --data /tmp/look --store postgres:postgres:///ward
            """
    )

    @OptionGroup package var common: CommonOptions
    @Flag(help: "End after the report.") package var once = false
    @Option(help: "How many people to make.") package var people = 2_000
    @Option(help: "The seed they are made from: the same seed makes the same people.") package var seed: UInt64 = 1
    @Option(
        name: .customLong("import"),
        help: ArgumentHelp("A file of people to import too; they get mail of the class treatment.", valueName: "file")
    )
    package var importFile: String?
    @Option(help: ArgumentHelp("sqlite, or postgres:URL of an empty database.", valueName: "store"))
    package var store = "sqlite"
    @Option(help: ArgumentHelp("Only write the made-up people as CSV files into this folder.", valueName: "dir"))
    package var write: String?
    @Option(help: "Port of the staff pages; patients' pages and the mail world take the next two.") package var port =
        8_480

    package init() {}

    /// The command of these words, as if they had been typed behind `ward demo`.
    package static func reading(_ words: [String]) throws -> DemoCommand { try parse(words) }

    package func validate() throws {
        guard (1...1_000_000).contains(people) else { throw ValidationError("--people takes 1 to 1,000,000.") }
        guard (1...65_533).contains(port) else { throw ValidationError("--port takes 1 to 65,533.") }
        guard store == "sqlite" || store.hasPrefix("postgres:") else {
            throw ValidationError("--store takes sqlite, or postgres:URL.")
        }
    }

    package func run() async throws { try await CommandEnding.of { try await $0.demonstrate(self) } }
}
