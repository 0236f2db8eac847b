// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardAudit

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read, verify and export the audit log.",
        subcommands: [AuditListCommand.self, AuditVerifyCommand.self, AuditExportCommand.self]
    )
}

struct AuditListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List entries, newest first. Reading the log is itself recorded.",
        discussion: """
              ward audit list --data /var/lib/ward --limit 20
              ward audit list --data /var/lib/ward --action contact.reveal
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "How many entries.") var limit = 50
    @Option(help: "Only this action, such as contact.reveal; may be given several times.") var action: [String] = []

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes 1 to 10,000.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        try await AuditListing(limit: limit, actions: action, asJSON: common.json).run(with: session)
    }
}

struct AuditExportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the log to a folder that anyone can verify without this store.",
        discussion: """
            The folder is made on the machine that serves, readable by you alone; it holds entries, tiles of the tree, the
            signed checkpoint and the public key.

              ward audit export --data /var/lib/ward /media/auditor/ward-audit
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The folder to make, as an absolute path.") var folder: String

    func validate() throws {
        guard folder.hasPrefix("/") else { throw ValidationError("The folder is an absolute path.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let report = try await session.facades.audit.export(to: folder, by: session.requester)
        if common.json {
            await session.output.line(
                JSONText.object(["folder": report.folder, "entries": "\(report.entries)", "key": report.verifierKey])
            )
        } else {
            await session.output.line("\(report.entries.grouped) entries are in \(report.folder).")
            await session.output.line("Verify them anywhere:  ward audit verify --export \(report.folder)")
        }
        return .done
    }
}
