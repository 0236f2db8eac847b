// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage
import WardTestKit

@testable import WardPostgres

/// What only a server can do: go away, refuse a COMMIT, find that transactions interfere.
@Suite struct PostgresFailureTests {
    /// A row of `fate` decides what happens to the transaction that wrote it, at its COMMIT.
    private static let fate = Migration(
        module: "Test",
        number: 1,
        name: "fate",
        sqlite: "",
        postgres: """
            CREATE TABLE fate (n BIGINT NOT NULL, what TEXT NOT NULL, PRIMARY KEY (n));
            CREATE SEQUENCE tries;
            CREATE FUNCTION decide() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.what = 'kill' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;
                IF NEW.what = 'refuse' THEN RAISE EXCEPTION 'value 4711' USING ERRCODE = '23514', CONSTRAINT = 'fate_refuses'; END IF;
                IF NEW.what = 'conflict' AND nextval('tries') <= 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;
                IF NEW.what = 'always' THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER fate_at_commit AFTER INSERT ON fate DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION decide();
            """
    )

    private func failure(of body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    private func insert(_ n: Int, _ what: String, into store: any Store) async -> StoreError? {
        await failure {
            try await store.write { _ = try $0.execute("INSERT INTO fate (n, what) VALUES (\(n), \(what))") }
        }
    }

    private func kept(in store: any Store) async throws -> [Int] {
        try await store.read { try $0.rows("SELECT n FROM fate ORDER BY n").map { try $0.value(at: 0) } }
    }

    @Test func `a connection lost at COMMIT is an unknown outcome, not a failure, and is not repeated`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.fate]) { store in
            #expect(await insert(1, "kill", into: store)?.code == .outcomeUnknown)
            #expect(await insert(2, "keep", into: store) == nil)
            expectSame(try await kept(in: store), [2])
        }
    }

    @Test func `an error at COMMIT is the failure of its closure alone`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.fate]) { store in
            let ends = await withTaskGroup(of: (Int, StoreError?).self) { tasks in
                for n in 0..<60 {
                    tasks.addTask { (n, await self.insert(n, n % 7 == 3 ? "refuse" : "keep", into: store)) }
                }
                return await tasks.reduce(into: [Int: StoreError?]()) { $0.updateValue($1.1, forKey: $1.0) }
            }
            let refused = StoreError(code: .constraint, detail: "23514 fate_refuses", constraint: .check)
            for n in 0..<60 {
                let end = try #require(ends[n])
                let expected: StoreError? = n % 7 == 3 ? refused : nil
                #expect(end == expected)
            }
            expectSame(try await kept(in: store), (0..<60).filter { $0 % 7 != 3 })
        }
    }

    @Test func `a transaction that others interfered with is repeated until it succeeds`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.fate]) { store in
            #expect(await insert(1, "conflict", into: store) == nil)
            expectSame(try await kept(in: store), [1])
        }
    }

    @Test func `repetition is bounded`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.fate]) { store in
            let failure = await insert(1, "always", into: store)
            #expect(failure?.code == .serialization && failure?.isTransient == true)
            expectSame(try await kept(in: store), [])
        }
    }

    @Test func `a session that the server ends before the COMMIT is replaced and its closures run again`() async throws
    {
        // A server of its own: it ends sessions by what they last said, which other tests say too.
        try await TestPostgres.withOwn(named: "sessions") { server in
            let store = try await PostgresStore.open(try await server.makeSchema())
            try await MigrationRunner.apply([Self.fate], to: store)
            #expect(await insert(0, "keep", into: store) == nil)
            for n in 1...3 {
                try await store.writeAlone { tx in
                    // Every other session of this store, writers and readers, without ending this one.
                    _ = try tx.rows(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE pid <> pg_backend_pid() AND application_name = 'ward' AND query LIKE '%fate%'
                        """
                    )
                }
                #expect(await insert(n, "keep", into: store) == nil)
                expectSame(try await kept(in: store), Array(0...n))
            }
            await store.close()
        }
    }

    @Test func `a deadlock between transactions is resolved and both are kept`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.fate]) { store in
            for n in 1...2 { #expect(await insert(n, "keep", into: store) == nil) }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for turn in 0..<8 {
                    tasks.addTask {
                        try await store.writeAlone { tx in
                            for n in turn % 2 == 0 ? [1, 2] : [2, 1] {
                                try tx.execute("UPDATE fate SET what = what || 'x' WHERE n = \(n)")
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            let lengths = try await store.read { tx in
                try tx.rows("SELECT length(what) FROM fate").map { try $0.value(at: 0, as: Int.self) }
            }
            #expect(lengths == [12, 12])
        }
    }

    @Test func `a server that goes away and comes back is found again, and nothing acknowledged is lost`() async throws
    {
        try await TestPostgres.withOwn(named: "restart") { server in
            let store = try await PostgresStore.open(try await server.makeSchema())
            try await MigrationRunner.apply([Self.fate], to: store)
            #expect(await insert(1, "keep", into: store) == nil)
            server.stop()
            let away = await insert(2, "keep", into: store)
            #expect(away?.code == .unavailable && away?.isTransient == true)
            let unread = await failure { _ = try await kept(in: store) }
            #expect(unread?.code == .unavailable)
            try server.start()
            #expect(await insert(3, "keep", into: store) == nil)
            expectSame(try await kept(in: store), [1, 3])
            await store.close()
        }
    }

    @Test func `an address without a server is refused without repeating the address`() async throws {
        let address = "host=/nonexistent user=ward password=hunter2 dbname=postgres"
        let failure = await failure { _ = try await PostgresStore.open(address) }
        #expect(failure?.code == .unavailable)
        #expect(failure?.description.contains("hunter2") == false)
    }

    @Test(arguments: [
        ("40001", StoreError.Code.serialization), ("40P01", .serialization), ("55P03", .serialization),
        ("53100", .full), ("53300", .unavailable), ("57P01", .unavailable), ("57P03", .unavailable),
        ("08006", .unavailable), ("58030", .unavailable), ("XX001", .corrupt), ("23505", .constraint),
        ("42P01", .statement), ("", .unavailable),
    ])
    func `a SQLSTATE has a class`(state: String, code: StoreError.Code) {
        #expect(StoreError(sqlState: state, name: nil).code == code)
    }
}
