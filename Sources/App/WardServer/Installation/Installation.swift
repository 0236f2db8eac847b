// SPDX-License-Identifier: Apache-2.0

package import WardAudit
import WardCommands
package import WardIdentity
package import WardKernel
package import WardStorage
package import WardTelemetry
package import WardVault

/// One installation, opened: the store, the keys, and every module wired to the others. There is one place that builds
/// modules, and this is it.
package struct Installation: Sendable {
    package let directory: DataDirectory
    package let configuration: ServerConfiguration
    package let surroundings: Surroundings
    package let telemetry: Telemetry
    package let store: any Store
    package let vault: Vault
    package let audit: Audit
    package let sealer: AuditSealer
    package let modules: Modules
    /// Held as long as the installation is open.
    private let lock: DataDirectoryLock

    /// Opens what is there: takes the lock, checks the schema and the keys.
    ///
    /// - Parameter outside: what differs in the demonstration and in tests.
    package static func open(
        _ directory: DataDirectory,
        configuration: ServerConfiguration,
        outside: OutsideWorld = .real,
        telemetry: Telemetry
    ) async throws -> Installation {
        try directory.check()
        let lock = try DataDirectoryLock(directory)
        let keys = try KeyDirectory(opening: configuration.keysFolder)
        let store = try await StoreOpening.open(configuration.store, in: directory)
        do {
            try await checkSchema(of: store, in: directory)
            return try await wire(directory, configuration, outside, telemetry, lock, keys, store)
        } catch {
            await store.close()
            throw error
        }
    }

    private static func wire(
        _ directory: DataDirectory,
        _ configuration: ServerConfiguration,
        _ outside: OutsideWorld,
        _ telemetry: Telemetry,
        _ lock: DataDirectoryLock,
        _ keys: KeyDirectory,
        _ store: any Store
    ) async throws -> Installation {
        let vault = Vault(keys: keys, surroundings: outside.surroundings)
        try await checkKeys(vault, store)
        let audit = Audit(
            vault: vault,
            configuration: AuditConfiguration(
                logName: configuration.mailHostName,
                checkpointDirectory: configuration.auditCheckpoints,
                version: Installation.version
            ),
            surroundings: outside.surroundings
        )
        let modules = try Modules(
            store: store,
            vault: vault,
            audit: audit,
            hostName: configuration.mailHostName,
            outside: outside
        )
        return Installation(
            directory: directory,
            configuration: configuration,
            surroundings: outside.surroundings,
            telemetry: telemetry,
            store: store,
            vault: vault,
            audit: audit,
            sealer: AuditSealer(audit: audit, store: store) { error in
                telemetry.record(.workerRoundFailed, .warning, [.word("worker", "audit"), .errorType(error)])
            },
            modules: modules,
            lock: lock
        )
    }

    /// Opens each organization's keys once, so that a wrong root key is found at the start.
    private static func checkKeys(_ vault: Vault, _ store: any Store) async throws {
        try await store.read { tx in
            for organization in try vault.organizationsAcrossAll(in: tx) { try vault.check(organization, in: tx) }
        }
    }

    package func close() async { await store.close() }

    package static let version = "0.1.0"

    package var identity: Identity { modules.identity }
}
