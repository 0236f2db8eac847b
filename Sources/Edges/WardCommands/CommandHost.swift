// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import WardAudit
package import WardKernel

/// What the application gives to commands: the composition root opens stores and servers, which an edge may not.
package protocol CommandHost: Sendable {
    /// Runs a command of the façades: inside the running `ward serve` of the data directory when there is one, else
    /// here, under the data directory's lock. The actor is the operating-system user, mapped to a staff account.
    func run(_ command: any FacadeCommand, arguments: [String]) async throws -> ExitStatus
    func initialize(_ command: InitCommand) async throws -> ExitStatus
    func serve(_ command: ServeCommand) async throws -> ExitStatus
    func migrate(_ command: MigrateCommand) async throws -> ExitStatus
    func diagnose(_ command: DoctorCommand) async throws -> ExitStatus
    func demonstrate(_ command: DemoCommand) async throws -> ExitStatus
    /// Verifies an exported audit log, which needs no store, no key and no network; nil path verifies the live store.
    func verifyAudit(_ command: AuditVerifyCommand) async throws -> ExitStatus
}

/// Hands the host to the parsed command, and the exit status back out of it.
package enum CommandContext {
    @TaskLocal package static var host: (any CommandHost)?
}

/// A command that the domain's façades answer.
package protocol FacadeCommand: AsyncParsableCommand, Sendable {
    var common: CommonOptions { get }
    func run(with session: CommandSession) async throws -> ExitStatus
}

extension FacadeCommand {
    package func run() async throws {
        try await CommandEnding.of { host in
            try await host.run(self, arguments: Array(CommandLine.arguments.dropFirst()))
        }
    }
}

extension CommandSession {
    /// Runs a command; a permission that its façade misses is recorded before it is reported, whichever command it was.
    package func run(_ command: any FacadeCommand) async throws -> ExitStatus {
        do {
            return try await command.run(with: self)
        } catch let denied as AccessDenied {
            try await facades.audit.record(denied, at: .command(Self.name(of: command)), by: requester)
            throw denied
        }
    }

    /// The command's type, such as `ContactsImportCommand`: fixed in the source, unlike what was typed.
    private static func name(of command: any FacadeCommand) -> String { "\(type(of: command))" }
}

/// Turns a status into the exit code that the argument parser passes on.
enum CommandEnding {
    static func of(_ body: (any CommandHost) async throws -> ExitStatus) async throws {
        guard let host = CommandContext.host else {
            throw CommandFailure("The command was started without its application.")
        }
        let status = try await body(host)
        if status != .done { throw ExitCode(status.rawValue) }
    }
}

/// One run of a command: who runs it, for which organization, with which façades, writing where.
package struct CommandSession: Sendable {
    package let requester: Requester
    package let facades: CommandFacades
    package let output: any CommandOutput
    package let files: any CommandFiles

    package init(
        requester: Requester,
        facades: CommandFacades,
        output: any CommandOutput,
        files: any CommandFiles
    ) {
        self.requester = requester
        self.facades = facades
        self.output = output
        self.files = files
    }
}
