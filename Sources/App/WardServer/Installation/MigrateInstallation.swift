// SPDX-License-Identifier: Apache-2.0

import WardCommands
import WardStorage

/// Brings a store's schema to this program's version.
struct MigrateInstallation {
    let output: any CommandOutput
    let json: Bool

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
            await tell("The schema is of this version already.", [], dryRun: dryRun)
        case .older(let missing):
            for migration in missing where !json {
                await output.line(
                    "\(dryRun ? "to do" : "runs ") \(migration.module) \(migration.number) \(migration.name)"
                )
            }
            if !dryRun {
                try await MigrationRunner.apply(Installation.migrations, to: store)
                if !json { await output.line("The schema is of this version now.") }
            }
            if json { await tell("", missing, dryRun: dryRun) }
        case .newer, .changed:
            try await Installation.checkSchema(of: store, in: directory)
        }
        return .done
    }

    /// A sentence, or for machines the migrations that run or are to run.
    private func tell(_ sentence: String, _ migrations: [Migration], dryRun: Bool) async {
        guard json else { return await output.line(sentence) }
        let names = migrations.map { "\($0.module) \($0.number) \($0.name)" }.joined(separator: ", ")
        await output.line(JSONText.object([dryRun ? "to_do" : "done": names]))
    }
}
