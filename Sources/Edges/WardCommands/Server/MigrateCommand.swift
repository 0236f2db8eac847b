// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct MigrateCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the schema of the store to this program's version.",
        discussion: """
            Migrations go forward only, each in a transaction of its own, and a changed one is found by its checksum.

              ward migrate --data /var/lib/ward
            """
    )

    @OptionGroup package var common: CommonOptions
    @Flag(help: "Only list what would be done.") package var dryRun = false

    package init() {}

    package func run() async throws { try await CommandEnding.of { try await $0.migrate(self) } }
}
