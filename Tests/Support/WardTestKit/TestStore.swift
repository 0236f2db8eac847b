// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardSQLite
package import WardStorage

/// The stores that every test touching one runs on.
package enum StoreKind: String, CaseIterable, Sendable {
    case sqlite
}

/// A store of a test's own, removed when the test ends.
package enum TestStore {
    package static var kinds: [StoreKind] { StoreKind.allCases }

    package static func with<Result>(
        _ kind: StoreKind,
        migrations: [Migration],
        _ body: (any Store) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "ward-test-\(UInt64.random(in: 0 ... .max))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
        try await MigrationRunner.apply(migrations, to: store)
        let result = try await body(store)
        await store.close()
        return result
    }
}
