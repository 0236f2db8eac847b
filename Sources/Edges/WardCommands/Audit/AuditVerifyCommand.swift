// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

package struct AuditVerifyCommand: AsyncParsableCommand, Sendable {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the audit log: the live store's, or an export's with the network off.",
        discussion: """
            Finds deletion, change, insertion, reordering and truncation, and names the first bad position. An outside
            checkpoint (a file that `ward serve` wrote to audit.checkpoints) also finds a log that was replaced whole.

              ward audit verify --data /var/lib/ward
              ward audit verify --export /media/auditor/ward-audit --checkpoint /media/second/checkpoint
            """
    )

    @OptionGroup package var common: CommonOptions
    @Option(help: ArgumentHelp("A folder that `ward audit export` wrote; nothing else is read.", valueName: "dir"))
    package var export: String?
    @Option(help: ArgumentHelp("A checkpoint kept outside, to compare with.", valueName: "file"))
    package var checkpoint: String?

    package init() {}

    package func run() async throws { try await CommandEnding.of { try await $0.verifyAudit(self) } }
}
