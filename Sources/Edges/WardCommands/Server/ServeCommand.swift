// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct ServeCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the pages, send the mail, run the work.",
        discussion: """
            Refuses a schema that is older (run `ward migrate`) or newer than this program, keys that others can read,
            and a data directory that another process has open. Ends cleanly on SIGTERM and SIGINT.

              ward serve --data /var/lib/ward --config /etc/ward.yaml
            """
    )

    @OptionGroup package var common: CommonOptions
    @Option(
        help: ArgumentHelp(
            "Listen beyond loopback although second factors do not exist yet. Audited and shown on Home.",
            valueName: "reason"
        )
    )
    package var withoutSecondFactor: String?

    package init() {}

    package func run() async throws { try await CommandEnding.of { try await $0.serve(self) } }
}
