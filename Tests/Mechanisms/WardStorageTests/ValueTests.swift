// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@Suite struct ValueTests {
    private static let table = Migration(
        module: "Values",
        number: 1,
        name: "kept",
        sqlite: "CREATE TABLE kept (i INTEGER, r REAL, t TEXT, b BLOB) STRICT;",
        postgres: "CREATE TABLE kept (i BIGINT, r DOUBLE PRECISION, t TEXT, b BYTEA);"
    )

    @Test(arguments: TestStore.kinds)
    func `values come back as they went in`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            let rows: [[SQLValue]] = [
                [.null, .null, .null, .null],
                [.integer(.min), .real(-0.1), .text(""), .blob([])],
                [
                    .integer(.max), .real(.greatestFiniteMagnitude), .text("O'Brien \\ \"å\u{1F468}\u{200D}\u{1F469}"),
                    .blob([0, 255, 0]),
                ],
                [
                    .integer(-1), .real(.infinity), .text("\u{1}\r\n\t%_$1?"),
                    .blob(Array(repeating: 0, count: 100_000)),
                ],
                [
                    .integer(0), .real(.leastNonzeroMagnitude), .text(String(repeating: "é", count: 100_000)),
                    .blob([0]),
                ],
            ]
            try await store.write { tx in
                for row in rows {
                    try tx.execute(
                        """
                        INSERT INTO kept (i, r, t, b)
                        VALUES (\(value: row[0]), \(value: row[1]), \(value: row[2]), \(value: row[3]))
                        """
                    )
                }
            }
            for row in rows {
                let found = try await store.read { tx in
                    try tx.rows(
                        """
                        SELECT i, r, t, b FROM kept WHERE (i = \(value: row[0]) OR i IS NULL AND \(row[0] == .null) = 1)
                        """
                    )
                }
                #expect(found.map(\.values) == [row])
                #expect(found.first?.columns == ["i", "r", "t", "b"])
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `typed values come back as they went in`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            let organization = OrganizationID(high: .max, low: 1)
            let moment = Timestamp(microseconds: 1_795_500_000_123_456)
            try await store.write { tx in
                _ = try tx.execute("INSERT INTO kept (i, b, r) VALUES (\(moment), \(organization), \(2.5))")
            }
            let row = try await store.read { try $0.row("SELECT i, b, r, t FROM kept WHERE b = \(organization)") }
            #expect(try row?.value("i", as: Timestamp.self) == moment)
            #expect(try row?.value("b", as: OrganizationID.self) == organization)
            #expect(try row?.value("r", as: Double.self) == 2.5)
            #expect(try row?.optional("t", as: String.self) == nil)
            #expect(throws: StoreError.self) { try row?.value("t", as: String.self) }
            #expect(throws: StoreError.self) { try row?.value("i", as: String.self) }
            #expect(throws: StoreError.self) { try row?.value("nothing", as: String.self) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what one of the stores could not keep is refused by both`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            let text = await storeError {
                try await store.write { try $0.execute("INSERT INTO kept (t) VALUES (\("a\0b"))") }
            }
            #expect(text == StoreError(code: .constraint, detail: "a text with a NUL character", constraint: .value))
            let real = await storeError {
                try await store.write { try $0.execute("INSERT INTO kept (r) VALUES (\(Double.nan))") }
            }
            #expect(real?.constraint == .value)
            let many = await storeError {
                _ = try await store.read { try $0.rows("SELECT i FROM kept WHERE i IN \(list: Array(0..<40_000))") }
            }
            #expect(many?.code == .statement)
            let count = try await store.write { tx in
                try tx.execute("INSERT INTO kept (t) VALUES (\("a"))")
                return try tx.first("SELECT count(*) FROM kept", as: Int.self)
            }
            #expect(count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a value of another type than its column is refused`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            let failure = await storeError {
                try await store.write { try $0.execute("INSERT INTO kept (i) VALUES (\("x"))") }
            }
            #expect(failure != nil && failure?.description.contains("\"x\"") == false)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `sums, means and counts are numbers on both stores`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            try await store.write { tx in
                for n in [1, 20_000, -300_000_000, 4_000_000_000_000] {
                    try tx.execute("INSERT INTO kept (i, r) VALUES (\(n), \(Double(n)))")
                }
            }
            let row = try await store.read { tx in
                try tx.row("SELECT sum(i) AS s, count(*) AS c, max(i) AS m, avg(i) AS a, sum(i) > 0 AS p FROM kept")
            }
            #expect(try row?.value("s", as: Int.self) == 3_999_700_020_001)
            #expect(try row?.value("c", as: Int.self) == 4)
            #expect(try row?.value("m", as: Int.self) == 4_000_000_000_000)
            #expect(try abs((row?.value("a", as: Double.self) ?? 0) - 999_925_005_000.25) < 0.01)
            #expect(try row?.value("p", as: Bool.self) == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an empty list matches nothing`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Self.table]) { store in
            try await store.write { tx in _ = try tx.execute("INSERT INTO kept (i) VALUES (1)") }
            let rows = try await store.read { try $0.rows("SELECT i FROM kept WHERE i IN \(list: [] as [Int])") }
            #expect(rows.isEmpty)
        }
    }
}
