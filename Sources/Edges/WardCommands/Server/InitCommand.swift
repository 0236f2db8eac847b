// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct InitCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory, its keys and an organization.",
        discussion: """
            Writes the root key with mode 0600 into a folder apart from the data, and prints a one-time link with which
            the first administrator sets a password. What is not given as an option is asked. The audit log's signed
            checkpoints go into a folder outside the data directory, best on another disk; it is kept in the
            configuration file when it is not the standard one, beside the keys. In a data directory that has an
            organization already, another one is added beside it; stop `ward serve` first.

              ward init --data /var/lib/ward --name "Lakeside Health" --sender-domain lakeside.example \\
                        --postal-address "1 Shore Road, Chicopee, MA 01013" --administrator dana@lakeside.example
            """
    )

    @OptionGroup package var common: CommonOptions
    @Option(help: "The organization's name, as patients know it.") package var name: String?
    @Option(help: "The organization's postal address, in one line.") package var postalAddress: String?
    @Option(help: "The domain that mail is sent from.") package var senderDomain: String?
    @Option(help: "The organization's time zone, such as America/New_York.") package var timeZone: String?
    @Option(help: "The first administrator's e-mail address.") package var administrator: String?
    @Option(help: "The first administrator's name.") package var administratorName: String?

    @Option(help: ArgumentHelp("Where signed checkpoints of the audit log go.", valueName: "dir"))
    package var checkpoints: String?

    package init() {}

    /// The command that these words are, for tests.
    package static func reading(_ words: [String]) throws -> InitCommand { try parse(words) }

    package func run() async throws { try await CommandEnding.of { try await $0.initialize(self) } }
}
