// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Foundation
import GRDB
import Testing
import WardStorage
import WardTestKit

@testable import WardSQLite

/// What only the embedded store has: a file, its settings, a disk that is full. The rest is the conformance suite.
@Suite struct SQLiteStoreTests {
    private static let thing = Migration(
        module: "Test",
        number: 1,
        name: "thing",
        sqlite: """
            CREATE TABLE thing (n INTEGER NOT NULL, b BLOB, PRIMARY KEY (n)) STRICT;
            CREATE TABLE late (n INTEGER NOT NULL REFERENCES thing (n) DEFERRABLE INITIALLY DEFERRED) STRICT;
            """,
        postgres: ""
    )

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ward-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What cannot be removed from the temporary folder does not fail a test.
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func failure(of body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    @Test func `a file that is not a database is named corrupt and left alone`() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "not.sqlite")
            let content = Data(repeating: 0x41, count: 8_192)
            try content.write(to: file)
            let failure = await failure { _ = try SQLiteStore.open(path: file.path()) }
            #expect(failure?.code == .corrupt)
            #expect(try Data(contentsOf: file) == content)
        }
    }

    @Test func `a folder that does not exist is named unavailable`() async throws {
        let failure = await failure { _ = try SQLiteStore.open(path: "/nonexistent/ward/test.sqlite") }
        #expect(failure?.code == .unavailable)
    }

    @Test func `a statement is planned once, whatever is bound and whichever rows an index holds`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            try await store.pool.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE part (n INTEGER NOT NULL, state TEXT NOT NULL);
                        CREATE INDEX part_open ON part (n) WHERE state = 'open';
                        """
                )
            }
            let plannedAgain = try await store.pool.read { database in
                let statement = try database.cachedStatement(sql: "SELECT n FROM part WHERE n = ? AND state = ?")
                for state in ["open", "closed", "open", "closed"] {
                    _ = try Row.fetchAll(statement, arguments: [1, state])
                }
                return sqlite3_stmt_status(statement.sqliteStatement, SQLITE_STMTSTATUS_REPREPARE, 0)
            }
            #expect(plannedAgain == 0)
            await store.close()
        }
    }

    @Test func `the writer syncs fully, checks foreign keys and keeps a write-ahead log`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            let settings = try await store.pool.writeWithoutTransaction { database in
                try ["synchronous", "foreign_keys", "journal_mode", "wal_autocheckpoint", "trusted_schema"].map {
                    try String.fetchOne(database, sql: "PRAGMA \($0)")
                }
            }
            #expect(settings == ["2", "1", "wal", "10000", "0"])
            await store.close()
        }
    }

    @Test func `only the owner can read the files`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            try await MigrationRunner.apply([Self.thing], to: store)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path()) {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path())
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            await store.close()
        }
    }

    @Test func `a schema's own row cannot be rewritten`() async throws {
        try await TestStore.with(.sqlite, migrations: [Self.thing]) { store in
            let failure = await failure {
                try await store.write { tx in
                    _ = try tx.rows("PRAGMA writable_schema = ON")
                    _ = try tx.execute("UPDATE sqlite_schema SET sql = NULL")
                }
            }
            #expect(failure?.code == .statement)
        }
    }

    @Test func `when the disk is full only what needs room fails, and room heals it`() async throws {
        try await TestStore.with(.sqlite, migrations: [Self.thing]) { store in
            let pages = try await store.write { try $0.first("PRAGMA page_count", as: Int.self) } ?? 0
            try await limit(store, pages: pages + 2)
            let large = [UInt8](repeating: 1, count: 200_000)
            let ends = try await withThrowingTaskGroup(of: (Int, StoreError?).self) { tasks in
                for n in 0..<40 {
                    tasks.addTask {
                        let body: [UInt8]? = n % 4 == 0 ? large : nil
                        let failure = await self.failure {
                            try await store.write {
                                _ = try $0.execute("INSERT INTO thing (n, b) VALUES (\(n), \(body))")
                            }
                        }
                        return (n, failure)
                    }
                }
                return try await tasks.reduce(into: [Int: StoreError?]()) { $0.updateValue($1.1, forKey: $1.0) }
            }
            for n in 0..<40 {
                let end = try #require(ends[n])
                let expected: StoreError.Code? = n % 4 == 0 ? .full : nil
                #expect(end?.code == expected)
            }
            let kept = try await store.read { try $0.first("SELECT count(*) FROM thing", as: Int.self) }
            #expect(kept == 30)
            try await limit(store, pages: 1_000_000)
            try await store.write { _ = try $0.execute("INSERT INTO thing (n, b) VALUES (0, \(large))") }
        }
    }

    private func limit(_ store: any Store, pages: Int) async throws {
        // A setting takes no parameters; the two limits of the test stand here as text.
        let setting: WardStorage.SQL =
            pages == 1_000_000 ? "PRAGMA max_page_count = 1000000" : "PRAGMA max_page_count = 8"
        #expect(pages == 1_000_000 || pages <= 8)
        try await store.write { _ = try $0.rows(setting) }
    }

    @Test func `a foreign key left open at the end of a closure fails that closure, not everybody's COMMIT`()
        async throws
    {
        try await TestStore.with(.sqlite, migrations: [Self.thing]) { store in
            let open = await failure { try await store.write { _ = try $0.execute("INSERT INTO late (n) VALUES (5)") } }
            #expect(open?.constraint == .foreignKey)
            try await store.write { tx in
                _ = try tx.execute("INSERT INTO late (n) VALUES (5)")
                _ = try tx.execute("INSERT INTO thing (n) VALUES (5)")
            }
        }
    }

    @Test func `what the disk holds at any moment of a migration opens as before it or after it`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            _ = try await MigrationRunner.status(of: store, migrations: [])
            let images = try await store.writeAlone { tx in
                try tx.executeScript(Self.thing.sqlite)
                return try Self.copy(folder, to: "half-way")
            }
            await store.close()
            let crashed = try SQLiteStore.open(path: images.appending(path: "test.sqlite").path())
            expectSame(try await MigrationRunner.status(of: crashed, migrations: [Self.thing]), .older([Self.thing]))
            expectSame(try await MigrationRunner.apply([Self.thing], to: crashed), [Self.thing])
            let check = try await crashed.read { try $0.first("PRAGMA integrity_check", as: String.self) }
            #expect(check == "ok")
            await crashed.close()
        }
    }

    /// The files as a crash at this moment would leave them.
    private static func copy(_ folder: URL, to name: String) throws -> URL {
        let image = folder.appending(path: name)
        try FileManager.default.createDirectory(at: image, withIntermediateDirectories: true)
        for file in ["test.sqlite", "test.sqlite-wal"] {
            try FileManager.default.copyItem(at: folder.appending(path: file), to: image.appending(path: file))
        }
        return image
    }

    @Test func `an acknowledged write is in the files at once`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore.open(path: folder.appending(path: "test.sqlite").path())
            try await MigrationRunner.apply([Self.thing], to: store)
            try await store.write { _ = try $0.execute("INSERT INTO thing (n) VALUES (1)") }
            let image = try Self.copy(folder, to: "after")
            await store.close()
            let crashed = try SQLiteStore.open(path: image.appending(path: "test.sqlite").path())
            let count = try await crashed.read { try $0.first("SELECT count(*) FROM thing", as: Int.self) }
            #expect(count == 1)
            await crashed.close()
        }
    }

    @Test func `an error that a result code does not explain keeps no text`() {
        let failure = StoreError(sqlite: 1, message: "near \"Beispiel\": syntax error")
        #expect(failure == StoreError(code: .statement, detail: "sqlite 1"))
        #expect(StoreError(sqlite: 1_034, message: "disk I/O error").isLostSync)
        #expect(!StoreError(sqlite: 266, message: "disk I/O error").isLostSync)
    }
}
