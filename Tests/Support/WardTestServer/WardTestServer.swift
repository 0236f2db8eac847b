// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardCommands
import WardDelivery
import WardScenarioKit
import WardServer
import WardTelemetry

/// `ward serve` with a test's certificate authority and mail servers: what the scenarios start, and kill.
@main
struct WardTestServer: AsyncParsableCommand {
    @Option var data: String
    @Option var config: String
    @Option var roots: String
    @Option var route: [String] = []
    /// Segments to make before serving, as NAME=RULE, in the first organization.
    @Option var segment: [String] = []

    static func main() async {
        ConfinedChild.serveIfAsked()
        UnusedMemory.limitArenas()
        await main(nil)
    }

    func run() async throws {
        let output = TerminalOutput()
        do {
            try await serve(output)
        } catch {
            throw ExitCode((await CommandProblems.report(error, to: output)).rawValue)
        }
    }

    private func serve(_ output: TerminalOutput) async throws {
        let routes = try route.map { argument in
            guard let route = Route(argument: argument) else {
                throw CommandFailure("--route takes DOMAIN=PORT=NAME.", status: .usage)
            }
            return route
        }
        let world = ScenarioWorld(rootsPath: roots, routes: routes)
        let directory = DataDirectory(path: data)
        let values = try SettingsLoading.values(option: config, directory: directory, environment: [:])
        let configuration = try SettingsLoading.configuration(values, directory)
        let installation = try await Installation.open(
            directory,
            configuration: configuration,
            outside: try world.outside(),
            telemetry: Telemetry(minimum: configuration.logLevel)
        )
        do {
            try await world.setRoutes(in: installation)
            try await world.makeSegments(segment, in: installation)
            try await installation.serve(banner: nil, isDemonstration: false) { await output.line("ready") }
            await installation.close()
        } catch {
            await installation.close()
            throw error
        }
    }
}
