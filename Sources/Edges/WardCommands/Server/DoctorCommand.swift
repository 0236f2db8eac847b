// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct DoctorCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the configuration, the keys, the store and the listeners, and say what is wrong.",
        discussion: """
            Prints each setting's effective value and where it comes from (a secret only as set or not), then each check
            with what to do when it fails.

              ward doctor --data /var/lib/ward
            """
    )

    @OptionGroup package var common: CommonOptions

    package init() {}

    /// The command that these words are, for tests.
    package static func reading(_ words: [String]) throws -> DoctorCommand { try parse(words) }

    package func run() async throws { try await CommandEnding.of { try await $0.diagnose(self) } }
}
