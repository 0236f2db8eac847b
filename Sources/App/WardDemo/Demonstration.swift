// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardCommands
import WardIdentity
import WardKernel
import WardServer
import WardTelemetry

/// `ward demo`: the whole story on loopback, with made-up people and a mail world of its own.
package struct Demonstration: Sendable {
    private let command: DemoCommand
    private let output: any CommandOutput
    private let files: any CommandFiles

    package init(command: DemoCommand, output: any CommandOutput, files: any CommandFiles = LocalFiles()) {
        self.command = command
        self.output = output
        self.files = files
    }

    package func run() async throws -> ExitStatus {
        if let path = command.write {
            return try await WritePeople(output: output, surroundings: .machine).run(
                count: command.people,
                seed: command.seed,
                into: path,
                asJSON: command.common.json
            )
        }
        let folder = try DemoFolder(command: command)
        do {
            let status = try await run(in: folder)
            folder.tidy()
            return status
        } catch {
            folder.tidy()
            throw error
        }
    }

    private func run(in folder: DemoFolder) async throws -> ExitStatus {
        let world = try await MailWorld.start(surroundings: .machine)
        let telling = DemoTelling(output: output, asJSON: command.common.json, surroundings: .machine)
        let configuration = try folder.configuration()
        let telemetry = Telemetry(minimum: .warning)
        let isNew = !folder.directory.exists
        let installation: Installation
        if isNew {
            let answers = try DemoStaff.answers(
                staffAddress: configuration.staff.address,
                patientAddress: configuration.patients.address
            )
            (installation, _) = try await InitializeInstallation.run(
                answers,
                in: folder.directory,
                configuration: configuration,
                outside: world.outside,
                telemetry: telemetry
            )
        } else {
            installation = try await Installation.open(
                folder.directory,
                configuration: configuration,
                outside: world.outside,
                telemetry: telemetry
            )
        }
        let stage = DemoStage(
            installation: installation,
            world: world,
            telling: telling,
            command: command,
            files: files
        )
        do {
            let status = try await stage.play(isNew: isNew, output: output)
            await installation.close()
            try await world.stop()
            return status
        } catch {
            await installation.close()
            throw error
        }
    }
}

/// Where the demonstration keeps its data: a folder that was named, a temporary one for `--once`, else one below the
/// person's state folder, so that a second start takes seconds.
struct DemoFolder: Sendable {
    let directory: DataDirectory
    private let isTemporary: Bool
    private let command: DemoCommand

    init(command: DemoCommand) throws {
        self.command = command
        let environment = ProcessInfo.processInfo.environment
        if let path = command.common.data ?? environment["WARD_DATA"] {
            directory = DataDirectory(path: path)
            isTemporary = false
        } else if command.once {
            let name = "ward-demo-\(UInt64.random(in: 0 ... .max))"
            directory = DataDirectory(path: FileManager.default.temporaryDirectory.appending(path: name).path())
            isTemporary = true
        } else {
            let home = environment["HOME"] ?? FileManager.default.temporaryDirectory.path()
            let state = environment["XDG_STATE_HOME"] ?? home + "/.local/state"
            directory = DataDirectory(path: state + "/ward-demo")
            isTemporary = false
        }
    }

    func configuration() throws -> ServerConfiguration {
        let port = command.once ? 0 : command.port
        let store = command.store == "sqlite" ? "sqlite" : String(command.store.dropFirst("postgres:".count))
        let values = try SettingValues(
            file: """
                store: \(Self.quoted(store))
                staff:
                  listen: 127.0.0.1:\(port)
                patients:
                  listen: 127.0.0.1:\(port == 0 ? 0 : port + 1)
                mail:
                  hostName: ward.lakeside.example
                """,
            environment: [:]
        )
        return try ServerConfiguration(values: values, dataDirectory: directory.path)
    }

    /// Removes what nobody asked to keep.
    func tidy() {
        guard isTemporary else { return }
        for path in [directory.path, directory.path + "-keys", directory.path + "-checkpoints"] {
            // A temporary folder that cannot be removed is the system's to clean.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
    }
}
