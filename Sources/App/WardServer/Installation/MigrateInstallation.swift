// SPDX-License-Identifier: Apache-2.0

import WardCommands
import WardStorage

/// Brings a store's schema to this program's version.
struct MigrateInstallation {
    let output: any CommandOutput

    func run(_ choice: StoreChoice, in directory: DataDirectory, dryRun: Bool) async throws -> ExitStatus {
        let store = try await StoreOpening.open(choice, in: directory)
        do {
            let status = try await run(on: store, in: directory, dryRun: dryRun)
            await store.close()
            return status
        } catch {
            await store.close()
            throw error
        }
    }

    private func run(on store: any Store, in directory: DataDirectory, dryRun: Bool) async throws -> ExitStatus {
        switch try await MigrationRunner.status(of: store, migrations: Installation.migrations) {
        case .current:
            await output.line("The schema is of this version already.")
        case .older(let missing):
            for migration in missing {
                await output.line(
                    "\(dryRun ? "to do" : "runs ") \(migration.module) \(migration.number) \(migration.name)"
                )
            }
            if !dryRun {
                try await MigrationRunner.apply(Installation.migrations, to: store)
                await output.line("The schema is of this version now.")
            }
        case .newer, .changed:
            try await Installation.checkSchema(of: store, in: directory)
        }
        return .done
    }
}
