// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@Suite struct SQLiteStoreTests {
    private struct Refused: Error {}

    private let thing = Migration(
        module: "Test",
        number: 1,
        name: "thing",
        sqlite: "CREATE TABLE thing (id BLOB NOT NULL, n INTEGER NOT NULL, t TEXT, PRIMARY KEY (id)) STRICT;",
        postgres: "CREATE TABLE thing (id BYTEA NOT NULL, n BIGINT NOT NULL, t TEXT, PRIMARY KEY (id));"
    )

    @Test(arguments: TestStore.kinds)
    func `a closure that throws leaves nothing behind`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [thing]) { store in
            await #expect(throws: Refused.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO thing (id, n) VALUES (\([1] as [UInt8]), \(1))")
                    throw Refused()
                }
            }
            let count = try await store.read { try $0.first("SELECT count(*) FROM thing", as: Int.self) }
            #expect(count == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `values come back as they went in`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [thing]) { store in
            let text: String? = nil
            try await store.write { tx in
                _ = try tx.execute("INSERT INTO thing (id, n, t) VALUES (\([] as [UInt8]), \(Int64.min), \(text))")
            }
            let row = try await store.read { try $0.row("SELECT id, n, t FROM thing") }
            #expect(try row?.value("id", as: [UInt8].self) == [])
            #expect(try row?.value("n", as: Int64.self) == .min)
            #expect(try row?.optional("t", as: String.self) == nil)
        }
    }
}
