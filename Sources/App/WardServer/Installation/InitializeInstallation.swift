// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands
package import WardIdentity
import WardKernel
import WardStorage
package import WardTelemetry
import WardVault

/// Makes a data directory, its keys, its schema and the first organization.
package enum InitializeInstallation {
    /// What `ward init` was told about the organization and its first administrator.
    package struct Answers: Sendable {
        package var details: OrganizationDetails
        package var administrator: NewStaffAccount

        package init(details: OrganizationDetails, administrator: NewStaffAccount) {
            self.details = details
            self.administrator = administrator
        }
    }

    package struct Outcome: Sendable {
        package let established: EstablishedOrganization
        package let keysFolder: String
        package let checkpoints: String
    }

    /// Never touches a directory that holds an organization already: a second one is added beside it.
    package static func run(
        _ answers: Answers,
        in directory: DataDirectory,
        configuration: ServerConfiguration,
        outside: OutsideWorld = .real,
        telemetry: Telemetry
    ) async throws -> (Installation, Outcome) {
        try directory.make()
        try makeKeys(at: configuration.keysFolder, outside)
        try makeCheckpoints(at: configuration.auditCheckpoints)
        try await makeSchema(configuration.store, in: directory)
        let installation = try await Installation.open(
            directory,
            configuration: configuration,
            outside: outside,
            telemetry: telemetry
        )
        do {
            try await refuseSecond(named: answers.details.name, in: installation)
            let established = try await installation.identity.establishOrganization(
                answers.details,
                administrator: answers.administrator
            )
            try await installation.identity.mapSystemUser(
                getuid(),
                to: established.administrator,
                reason: "The operating-system user that ran ward init",
                by: .service("init", of: established.organization.id)
            )
            let outcome = Outcome(
                established: established,
                keysFolder: configuration.keysFolder,
                checkpoints: configuration.auditCheckpoints
            )
            return (installation, outcome)
        } catch {
            await installation.close()
            throw error
        }
    }

    /// A command names its organization, and a second one of the same name could not be told from the first.
    private static func refuseSecond(named name: String, in installation: Installation) async throws {
        let all = try await installation.identity.organizationsOfEveryTenant()
        guard all.contains(where: { $0.name == name || $0.slug == name }) else { return }
        throw CommandFailure(
            "There is an organization “\(name)” in \(installation.directory.path) already; nothing was changed. "
                + "To add another one, give it another name."
        )
    }

    /// Under the directory's lock: a running server must not find its schema changed below it.
    private static func makeSchema(_ choice: StoreChoice, in directory: DataDirectory) async throws {
        let lock = try DataDirectoryLock(directory)
        defer { withExtendedLifetime(lock) {} }
        let store = try await StoreOpening.open(choice, in: directory)
        do {
            try await MigrationRunner.apply(Installation.migrations, to: store)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }

    private static func makeCheckpoints(at folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("The folder for checkpoints, \(folder), cannot be made: check its parent folder.")
        }
        guard access(folder, W_OK) == 0 else {
            throw CommandFailure("The folder for checkpoints, \(folder), cannot be written to with your rights.")
        }
    }

    /// Keys are made once; a folder that has them is opened as it is.
    private static func makeKeys(at folder: String, _ outside: OutsideWorld) throws {
        if FileManager.default.fileExists(atPath: folder + "/root.key") { return }
        do {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: folder).deletingLastPathComponent().path(percentEncoded: false),
                withIntermediateDirectories: true
            )
        } catch {
            throw CommandFailure("The folder for the keys, \(folder), cannot be made: check its parent folder.")
        }
        _ = try KeyDirectory.create(at: folder, surroundings: outside.surroundings)
    }
}
