// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage
import WardTestKit

@Suite struct MigrationTests {
    private static func migration(_ number: Int, _ text: String) -> Migration {
        Migration(module: "Test", number: number, name: "step", sqlite: text, postgres: text)
    }

    private let first = migration(1, "CREATE TABLE one (n BIGINT); CREATE INDEX one_n ON one (n);")
    private let second = migration(2, "ALTER TABLE one ADD COLUMN m BIGINT;")

    @Test(arguments: TestStore.kinds)
    func `what is missing runs once, in order`(kind: StoreKind) async throws {
        // INTEGER and BIGINT differ in STRICT tables only; these are not STRICT.
        try await TestStore.with(kind, migrations: []) { store in
            expectSame(
                try await MigrationRunner.status(of: store, migrations: [first, second]),
                .older([first, second])
            )
            expectSame(try await MigrationRunner.apply([first], to: store), [first])
            expectSame(try await MigrationRunner.apply([first, second], to: store), [second])
            expectSame(try await MigrationRunner.apply([first, second], to: store), [])
            expectSame(try await MigrationRunner.status(of: store, migrations: [first, second]), .current)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a schema of a newer program is refused`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [first, second]) { store in
            let status = try await MigrationRunner.status(of: store, migrations: [first])
            #expect(status == .newer(module: "Test", number: 2))
            await #expect(throws: MigrationRefused(module: "Test", number: 2, isNewer: true)) {
                try await MigrationRunner.apply([first], to: store)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a migration whose text changed after it ran is found`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [first]) { store in
            let edited = Self.migration(1, "CREATE TABLE one (n BIGINT);")
            let status = try await MigrationRunner.status(of: store, migrations: [edited])
            #expect(status == .changed(module: "Test", number: 1))
            await #expect(throws: MigrationRefused(module: "Test", number: 1, isNewer: false)) {
                try await MigrationRunner.apply([edited, second], to: store)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a migration that fails half-way leaves nothing, those before it stay`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: []) { store in
            let broken = Self.migration(2, "CREATE TABLE two (n BIGINT); INSERT INTO nowhere (n) VALUES (1);")
            await #expect(throws: StoreError.self) { try await MigrationRunner.apply([first, broken], to: store) }
            expectSame(try await MigrationRunner.status(of: store, migrations: [first, second]), .older([second]))
            let mended = Self.migration(2, "CREATE TABLE two (n BIGINT);")
            expectSame(try await MigrationRunner.apply([first, mended], to: store), [mended])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a migration that commits by itself is refused`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: []) { store in
            let rogue = Self.migration(1, "CREATE TABLE two (n BIGINT); COMMIT;")
            await #expect(throws: StoreError.self) { try await MigrationRunner.apply([rogue], to: store) }
            let answer = try await store.write { try $0.first("SELECT 1", as: Int.self) }
            #expect(answer == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `programs that migrate at once run each migration once`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: []) { store in
            let all = [first, second]
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 { tasks.addTask { _ = try await MigrationRunner.apply(all, to: store) } }
                try await tasks.waitForAll()
            }
            expectSame(try await MigrationRunner.status(of: store, migrations: all), .current)
        }
    }
}
