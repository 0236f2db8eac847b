// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardCommands
import WardIdentity
import WardKernel
import WardTelemetry

/// Answers the commands: opens what they need, runs them, and maps failures.
package struct ApplicationHost: CommandHost {
    /// The demonstration lives in a module above this one.
    package typealias Demonstration = @Sendable (DemoCommand, any CommandOutput) async throws -> ExitStatus

    private let output: any CommandOutput
    private let demonstration: Demonstration
    private let environment: [String: String]

    package init(
        output: any CommandOutput = TerminalOutput(),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        demonstration: @escaping Demonstration
    ) {
        self.output = output
        self.environment = environment
        self.demonstration = demonstration
    }

    package func run(_ command: any FacadeCommand, arguments: [String]) async throws -> ExitStatus {
        await reporting {
            let directory = try DataDirectory(option: command.common.data, environment: environment)
            if FileManager.default.fileExists(atPath: directory.socketPath) {
                let client = CommandSocketClient(path: directory.socketPath, output: output, files: LocalFiles())
                if let status = try await client.run(arguments) { return status }
            }
            return try await withInstallation(command.common) { installation in
                try await installation.run(command, user: getuid(), output: output, files: LocalFiles())
            }
        }
    }

    package func initialize(_ command: InitCommand) async throws -> ExitStatus {
        await reporting {
            let directory = try DataDirectory(option: command.common.data, environment: environment)
            let found = try configuration(command.common, directory)
            let questions = InitializationQuestions(command: command, configuration: found)
            let answers = try questions.answers()
            let folder = try questions.checkpoints()
            try directory.make()
            let file = command.common.config ?? directory.configurationPath
            let configuration = try CheckpointsSetting.keep(folder, in: file, found, directory)
            let (installation, outcome) = try await InitializeInstallation.run(
                answers,
                in: directory,
                configuration: configuration,
                telemetry: Telemetry(minimum: configuration.logLevel)
            )
            await installation.close()
            await InitializationReport(output: output).tell(outcome, directory, json: command.common.json)
            return .done
        }
    }

    package func serve(_ command: ServeCommand) async throws -> ExitStatus {
        await reporting {
            try await withInstallation(command.common) { installation in
                let beyondLoopback =
                    installation.configuration.staff.isReachedFromBeyond
                    || installation.configuration.patients.isReachedFromBeyond
                if beyondLoopback, (command.withoutSecondFactor ?? "").isEmpty {
                    throw CommandFailure(
                        "Second factors do not exist yet, so only loopback is served. To listen beyond it all the same, "
                            + "say why: --without-second-factor \"REASON\" (audited, and shown on Home)."
                    )
                }
                var banner: String?
                if beyondLoopback, let reason = command.withoutSecondFactor {
                    try await installation.waiveSecondFactor(reason: reason)
                    banner = "This server listens beyond this machine without second factors. Reason given: \(reason)"
                }
                let staff = installation.configuration.staff.address
                try await installation.serve(banner: banner, isDemonstration: false) {
                    installation.telemetry.record(.serverStarted)
                    await output.line("Ward serves staff at \(staff)")
                    await output.line(
                        "and patients at \(installation.configuration.patients.address). Ctrl-C stops it."
                    )
                }
                return .done
            }
        }
    }

    package func migrate(_ command: MigrateCommand) async throws -> ExitStatus {
        await reporting {
            let directory = try DataDirectory(option: command.common.data, environment: environment)
            try directory.check()
            let lock = try DataDirectoryLock(directory)
            defer { withExtendedLifetime(lock) {} }
            let configuration = try configuration(command.common, directory)
            return try await MigrateInstallation(output: output, json: command.common.json).run(
                configuration.store,
                in: directory,
                dryRun: command.dryRun
            )
        }
    }

    package func diagnose(_ command: DoctorCommand) async throws -> ExitStatus {
        await reporting {
            let directory = try DataDirectory(option: command.common.data, environment: environment)
            let values = try SettingsLoading.values(
                option: command.common.config,
                directory: directory,
                environment: environment
            )
            return await Diagnosis(output: output, directory: directory, values: values).run(json: command.common.json)
        }
    }

    package func demonstrate(_ command: DemoCommand) async throws -> ExitStatus {
        await reporting { try await demonstration(command, output) }
    }

    package func verifyAudit(_ command: AuditVerifyCommand) async throws -> ExitStatus {
        await reporting { try await verify(command) }
    }

    private func verify(_ command: AuditVerifyCommand) async throws -> ExitStatus {
        if let folder = command.export {
            let report = AuditVerdictReport(output: output, json: command.common.json)
            let outside = try command.checkpoint.map { [try String(contentsOfFile: $0, encoding: .utf8)] } ?? []
            return await report.tell(try AuditExport.verify(folder, outside: outside))
        }
        let directory = try DataDirectory(option: command.common.data, environment: environment)
        if FileManager.default.fileExists(atPath: directory.socketPath) {
            let client = CommandSocketClient(path: directory.socketPath, output: output, files: LocalFiles())
            if let status = try await client.run(Array(CommandLine.arguments.dropFirst())) { return status }
        }
        return try await withInstallation(command.common) { try await $0.verifyAudit(command, output: output) }
    }

    private func configuration(_ common: CommonOptions, _ directory: DataDirectory) throws -> ServerConfiguration {
        let values = try SettingsLoading.values(option: common.config, directory: directory, environment: environment)
        return try SettingsLoading.configuration(values, directory)
    }

    private func withInstallation(
        _ common: CommonOptions,
        _ body: (Installation) async throws -> ExitStatus
    ) async throws -> ExitStatus {
        let directory = try DataDirectory(option: common.data, environment: environment)
        try directory.check()
        let configuration = try configuration(common, directory)
        let installation = try await Installation.open(
            directory,
            configuration: configuration,
            telemetry: Telemetry(minimum: configuration.logLevel)
        )
        do {
            let status = try await body(installation)
            await installation.close()
            return status
        } catch {
            await installation.close()
            throw error
        }
    }

    private func reporting(_ body: () async throws -> ExitStatus) async -> ExitStatus {
        do {
            return try await body()
        } catch {
            return await CommandProblems.report(error, to: output)
        }
    }
}
