// SPDX-License-Identifier: Apache-2.0

import WardStorage

/// A closure's own error.
struct Refused: Error, Equatable {}

/// The tables of the conformance suite.
enum Things {
    static let migration = Migration(
        module: "Things",
        number: 1,
        name: "things",
        sqlite: """
            CREATE TABLE thing (
                id BLOB NOT NULL, n INTEGER NOT NULL UNIQUE, t TEXT, r REAL,
                PRIMARY KEY (id), CONSTRAINT thing_small CHECK (n < 1000000)
            ) STRICT;
            CREATE TABLE part (
                thing BLOB NOT NULL REFERENCES thing (id), n INTEGER NOT NULL, PRIMARY KEY (thing, n)
            ) STRICT;
            """,
        postgres: """
            CREATE TABLE thing (
                id BYTEA NOT NULL, n BIGINT NOT NULL UNIQUE, t TEXT, r DOUBLE PRECISION,
                PRIMARY KEY (id), CONSTRAINT thing_small CHECK (n < 1000000)
            );
            CREATE TABLE part (
                thing BYTEA NOT NULL REFERENCES thing (id), n BIGINT NOT NULL, PRIMARY KEY (thing, n)
            );
            """
    )

    static func insert(_ n: Int, _ text: String? = nil, in tx: any WriteTransaction) throws {
        try tx.execute(
            "INSERT INTO thing (id, n, t) VALUES (\([UInt8(truncatingIfNeeded: n), UInt8(n >> 8 & 255)]), \(n), \(text))"
        )
    }

    /// The numbers kept, in order.
    static func kept(in store: any Store) async throws -> [Int] {
        try await store.read { tx in try tx.rows("SELECT n FROM thing ORDER BY n").map { try $0.value(at: 0) } }
    }
}

/// The store's error that a closure ends with; nil when there is another or none.
func storeError<Result: Sendable>(_ body: () async throws -> Result) async -> StoreError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}
