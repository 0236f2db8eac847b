// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardAudit
import WardCampaigns
package import WardCommands
import WardDelivery
package import WardIdentity
import WardKernel
import WardSegments
import WardSenderDomains
import WardStorage
import WardSubmission
import WardVault

extension Installation {
    /// The data directory's socket: commands of other processes run here.
    var commandSocket: CommandSocketServer {
        CommandSocketServer(path: directory.socketPath, telemetry: telemetry) { arguments, user, output, files in
            await run(arguments, user: user, output: output, files: files)
        }
    }

    /// Parses a command line and runs it; every failure becomes a sentence and a status.
    private func run(
        _ arguments: [String],
        user: UInt32,
        output: any CommandOutput,
        files: any CommandFiles
    ) async -> ExitStatus {
        do {
            let parsed = try WardCommand.parseAsRoot(arguments)
            // Tells nothing but whether the log is whole: needs no staff account, as without a server.
            if let command = parsed as? AuditVerifyCommand, command.export == nil {
                return try await verifyAudit(command, output: output)
            }
            guard let command = parsed as? any FacadeCommand else {
                throw CommandFailure("This command does not run inside a server.", status: .usage)
            }
            return try await run(command, user: user, output: output, files: files)
        } catch {
            return await CommandProblems.report(error, to: output)
        }
    }

    /// Verifies the live store's audit log.
    func verifyAudit(_ command: AuditVerifyCommand, output: any CommandOutput) async throws -> ExitStatus {
        let report = AuditVerdictReport(output: output, json: command.common.json)
        let organization = try await organization(named: command.common.organization)
        let verifier = Requester.service("verify", of: organization.id)
        return await report.tell(try await auditReader.verify(by: verifier))
    }

    /// Runs a parsed command as the staff account that the operating-system user stands for.
    package func run(
        _ command: any FacadeCommand,
        user: UInt32,
        output: any CommandOutput,
        files: any CommandFiles
    ) async throws -> ExitStatus {
        let organization = try await organization(named: command.common.organization)
        let requester = try await identity.requester(systemUser: user, of: organization.id)
        let session = CommandSession(
            requester: requester,
            facades: commandFacades,
            output: output,
            files: files
        )
        return try await session.run(command)
    }

    /// The organization with this name or address word; without one, the only one there is.
    package func organization(named name: String?) async throws -> Organization {
        let all = try await identity.organizationsOfEveryTenant()
        guard let name else {
            guard let only = all.first, all.count == 1 else {
                let names = all.map { "“\($0.name)”" }.joined(separator: ", ")
                throw CommandFailure(
                    all.isEmpty
                        ? "There is no organization here yet. Make one with: ward init --data \(directory.path)"
                        : "There are several organizations: say which with --organization NAME (\(names)).",
                    status: .usage
                )
            }
            return only
        }
        guard let found = all.first(where: { $0.name == name || $0.slug == name }) else {
            throw CommandFailure("There is no organization “\(name)” here.", status: .usage)
        }
        return found
    }
}

/// Errors to sentences and statuses: the commands' one mapping. An error that is not known here is named by its type only,
/// since its text may quote a value.
package enum CommandProblems {
    package static func report(_ error: any Error, to output: any CommandOutput) async -> ExitStatus {
        let (sentence, status) = describe(error)
        await output.endProgress()
        await output.problem(sentence)
        return status
    }

    private static func describe(_ error: any Error) -> (String, ExitStatus) {
        switch error {
        case let failure as CommandFailure: (failure.description, failure.status)
        case let denied as AccessDenied: (denied.description, .denied)
        case let error as SegmentSyntaxError: (error.explanation.expose(for: .disclosing) { $0.text }, .usage)
        case let error as SegmentsError: (error.description, .failed)
        case let error as CampaignError: (error.description, .failed)
        case let error as DeliveryError: (error.description, .failed)
        case let error as SenderDomainError: (error.description, .failed)
        case let error as SubmissionError: (error.description, .failed)
        case let error as AuditError: (error.description, .failed)
        case let error as IdentityError: (error.description, error == .noSystemUser ? .denied : .failed)
        case let error as KeyFileError: (error.description, .failed)
        case let error as VaultError: (error.description, .failed)
        case let error as StoreError: (storeSentence(error), .failed)
        case is CancellationError: ("Stopped.", .failed)
        case let error where WardCommand.exitCode(for: error) == .validationFailure:
            (WardCommand.fullMessage(for: error), .usage)
        default: ("It did not work (\(type(of: error))). The server's log has more.", .failed)
        }
    }

    private static func storeSentence(_ error: StoreError) -> String {
        switch error.code {
        case .full:
            "There is no room left on the disk. What was being written was not kept, and nothing was lost; make room and "
                + "try again."
        case .unavailable: "The database is away. Nothing of this was kept; try again when it is back."
        case .outcomeUnknown:
            "The database went away while this was being kept: look whether it took effect before you try again."
        default: "The database refused (\(error.description))."
        }
    }
}
