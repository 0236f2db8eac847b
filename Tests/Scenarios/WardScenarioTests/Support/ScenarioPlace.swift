// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardIdentity
import WardKernel
import WardScenarioKit
import WardServer
import WardTelemetry
import WardTestKit

/// One installation made by the real `ward init`: a folder with its data, keys and configuration, removed at the end.
final class ScenarioPlace: Sendable {
    /// What a command answered.
    struct Answer: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    let folder: String
    /// The setting `store`.
    let store: String
    let staffPort: Int
    let patientPort: Int
    private let starts = Mutex(0)

    var data: String { folder + "/data" }
    var keys: String { folder + "/keys" }
    var configurationPath: String { folder + "/ward.yaml" }

    private init(store: String) throws {
        self.store = store
        folder = "/tmp/ward-scenario-\(UInt32.random(in: 0 ... .max))"
        staffPort = try FreePort.find()
        patientPort = try FreePort.find()
        let rights: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: rights
        )
        try configure(store: store)
    }

    /// Writes the configuration; `more` are further lines of it.
    func configure(store: String, more: String = "") throws {
        let text = """
            store: '\(store)'
            keys:
              folder: \(keys)
            staff:
              listen: 127.0.0.1:\(staffPort)
            patients:
              listen: 127.0.0.1:\(patientPort)
            mail:
              hostName: ward.lakeside.example
            \(more)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: configurationPath))
    }

    /// A place on a store of its kind, without an installation yet.
    static func empty<Result>(_ kind: StoreKind, _ body: (ScenarioPlace) async throws -> Result) async throws -> Result
    {
        let store = kind == .sqlite ? "sqlite" : try await TestPostgres.shared.get().makeSchema()
        return try await at(store: store, body)
    }

    /// A place with the organization Lakeside Health, whose first administrator, this operating-system user, has every
    /// role.
    static func with<Result>(_ kind: StoreKind, _ body: (ScenarioPlace) async throws -> Result) async throws -> Result {
        try await empty(kind) { place in
            try await place.establish("Lakeside Health")
            return try await body(place)
        }
    }

    static func at<Result>(store: String, _ body: (ScenarioPlace) async throws -> Result) async throws -> Result {
        let place = try ScenarioPlace(store: store)
        // What cannot be removed stays below /tmp.
        defer { try? FileManager.default.removeItem(atPath: place.folder) }
        return try await body(place)
    }

    // MARK: Commands

    /// Runs the real `ward` with the options of this place at its end.
    func ward(_ arguments: String..., environment: [String: String] = [:]) async throws -> Answer {
        try await ward(arguments, environment: environment)
    }

    func ward(_ arguments: [String], environment: [String: String] = [:]) async throws -> Answer {
        let child = try start("ward", arguments, environment: environment)
        switch try await child.end(within: .seconds(300)) {
        case .exited(let status): return Answer(status: status, output: child.output, errors: child.errors)
        case .killed(let signal):
            throw ChildProcess.Failure(
                description: "ward \(arguments.joined(separator: " ")) died of signal \(signal):\n\(child.errors)"
            )
        }
    }

    /// As `ward`, and it has to succeed.
    @discardableResult
    func wardDoes(_ arguments: String...) async throws -> String {
        let answer = try await ward(arguments)
        guard answer.status == 0 else {
            throw ChildProcess.Failure(
                description: "ward \(arguments.joined(separator: " ")) ended with \(answer.status):\n"
                    + answer.output + answer.errors
            )
        }
        return answer.output
    }

    /// Starts a built program on this place's data.
    func start(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let number = starts.withLock { count in
            count += 1
            return count
        }
        return try ChildProcess(
            program,
            arguments + ["--data", data, "--config", configurationPath],
            environment: environment,
            outputIn: folder,
            named: "\(program)-\(number)"
        )
    }

    /// Starts the server that gets killed, and waits until it serves.
    func startServer(_ world: ScenarioWorld) async throws -> ChildProcess {
        let routes = world.routes.flatMap { ["--route", $0.argument] }
        let server = try start("WardTestServer", ["--roots", world.rootsPath] + routes)
        try await server.says("ready")
        return server
    }

    /// Starts the real `ward serve` and waits until it serves.
    func startWard() async throws -> ChildProcess {
        let server = try start("ward", ["serve"])
        try await server.says("Ward serves staff")
        return server
    }

    /// Ends a server as an operator does.
    func stop(_ server: ChildProcess) async throws -> ChildProcess.Ending {
        server.send(signal: SIGTERM)
        return try await server.end(within: .seconds(60))
    }

    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let path = folder + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    // MARK: In this process

    /// Makes an organization with `ward init` and gives its first administrator every role.
    @discardableResult
    func establish(_ name: String) async throws -> OrganizationID {
        try await wardDoes(
            "init",
            "--name",
            name,
            "--postal-address",
            "1 Shore Road, Lakeside, MA 01013",
            "--sender-domain",
            "lakeside.example",
            "--time-zone",
            "America/New_York",
            "--administrator",
            "dana@lakeside.example"
        )
        return try await opened { installation in
            let organization = try await installation.organization(named: name)
            let asked = Requester(
                organization: organization.id,
                kind: .staff,
                identifier: [],
                roles: [.administrator],
                networkAddress: "local"
            )
            let administrator = try await installation.identity.accounts(by: asked)[0]
            for role in Role.allCases where role != .administrator {
                _ = try await installation.identity.giveRole(
                    role,
                    to: administrator.id,
                    reason: "Scenario",
                    by: asked
                )
            }
            return organization.id
        }
    }

    /// Opens the installation in this process, for what no command does; nothing else may have it.
    func opened<Result>(
        _ world: ScenarioWorld? = nil,
        logging sink: @escaping @Sendable (String) -> Void = { _ in },
        _ body: (Installation) async throws -> Result
    ) async throws -> Result {
        let directory = DataDirectory(path: data)
        let values = try SettingsLoading.values(option: configurationPath, directory: directory, environment: [:])
        let installation = try await Installation.open(
            directory,
            configuration: try SettingsLoading.configuration(values, directory),
            outside: try world?.outside() ?? .real,
            telemetry: Telemetry(minimum: .debug, sink: sink)
        )
        do {
            let result = try await body(installation)
            await installation.close()
            return result
        } catch {
            await installation.close()
            throw error
        }
    }

    /// Whom this operating-system user stands for in an organization.
    static func requester(in installation: Installation, of organization: String? = nil) async throws -> Requester {
        let chosen = try await installation.organization(named: organization)
        return try await installation.identity.requester(systemUser: getuid(), of: chosen.id)
    }
}

/// Waits until a program outside has come so far.
func wait(
    upTo limit: Duration,
    every pause: Duration = .milliseconds(100),
    for what: String,
    _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !holds() {
        guard ContinuousClock.now < deadline else {
            throw ChildProcess.Failure(description: "Waited in vain for \(what)")
        }
        try await Task.sleep(for: pause)
    }
}
