// SPDX-License-Identifier: Apache-2.0

import WardCommands
import WardPostgres
import WardSQLite
import WardStorage

/// Opens the store that the configuration names, and says in words what is wrong when it does not open.
enum StoreOpening {
    static func open(_ choice: StoreChoice, in directory: DataDirectory) async throws -> any Store {
        do {
            switch choice {
            case .sqlite: return try SQLiteStore.open(path: directory.databasePath)
            case .postgres(let address): return try await PostgresStore.open(address)
            }
        } catch let problem as PostgresAddressProblem {
            throw CommandFailure("Setting store: \(problem.description)")
        } catch let error as StoreError {
            throw CommandFailure(sentence(error, choice, directory))
        }
    }

    private static func sentence(_ error: StoreError, _ choice: StoreChoice, _ directory: DataDirectory) -> String {
        let place = choice == .sqlite ? directory.databasePath : "PostgreSQL (setting store)"
        return switch error.code {
        case .corrupt: "\(place) is damaged, or is not a database. Restore it from a backup; nothing was written."
        case .full: "There is no room left on the disk of \(place). Nothing was lost; make room and start again."
        case .unavailable:
            choice == .sqlite
                ? "\(place) cannot be opened: check the folder and your rights on it."
                : "PostgreSQL does not answer: check that it runs, the setting store, and the password."
        default: "\(place) cannot be used (\(error))."
        }
    }
}
