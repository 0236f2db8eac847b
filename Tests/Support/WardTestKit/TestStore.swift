// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardPostgres
import WardSQLite
package import WardStorage

/// The stores that every test touching one runs on (invariant I9).
package enum StoreKind: String, CaseIterable, Sendable {
    case sqlite, postgres
}

/// A store of a test's own, removed when the test ends.
package enum TestStore {
    package static var kinds: [StoreKind] { StoreKind.allCases }

    package static func with<Result>(
        _ kind: StoreKind,
        migrations: [Migration],
        _ body: (any Store) async throws -> Result
    ) async throws -> Result {
        await StorePlaces.shared.take()
        do {
            let result = try await open(kind, migrations, body)
            await StorePlaces.shared.giveBack()
            return result
        } catch {
            await StorePlaces.shared.giveBack()
            throw error
        }
    }

    private static func open<Result>(
        _ kind: StoreKind,
        _ migrations: [Migration],
        _ body: (any Store) async throws -> Result
    ) async throws -> Result {
        switch kind {
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appending(path: "ward-\(UInt64.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // What cannot be removed from the temporary folder does not fail a test.
            defer { try? FileManager.default.removeItem(at: folder) }
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            return try await run(body, on: store, migrations)
        case .postgres:
            let store = try await PostgresStore.open(try await TestPostgres.shared.get().makeSchema())
            return try await run(body, on: store, migrations)
        }
    }

    private static func run<Result>(
        _ body: (any Store) async throws -> Result,
        on store: any Store,
        _ migrations: [Migration]
    ) async throws -> Result {
        do {
            try await MigrationRunner.apply(migrations, to: store)
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}
