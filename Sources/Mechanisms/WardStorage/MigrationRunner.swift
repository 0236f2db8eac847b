// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Whether a store's schema is the one this program was built for.
package enum SchemaStatus: Sendable, Equatable {
    case current
    /// These migrations have not run.
    case older([Migration])
    /// The store has migrations that this program does not know.
    case newer(module: String, number: Int)
    /// A migration that ran has another text now.
    case changed(module: String, number: Int)
}

/// The schema is of another program; nothing was changed.
package struct MigrationRefused: Error, Hashable, Sendable, CustomStringConvertible {
    package let module: String
    package let number: Int
    /// Whether the migration is unknown here (else it ran with another text).
    package let isNewer: Bool

    package init(module: String, number: Int, isNewer: Bool) {
        self.module = module
        self.number = number
        self.isNewer = isNewer
    }

    package var description: String {
        isNewer
            ? "The data is of a newer program: its migration \(module) \(number) is not known here."
            : "Migration \(module) \(number) of the data ran with another text than this program has."
    }
}

// Migrations
//
// The table `schema_migration` holds a row per migration that ran, with the SHA-256 of its text. A migration and its row
// are one transaction, so a program that is killed half-way leaves either both or neither and the next start goes on from
// there. On PostgreSQL the table is locked before the transaction takes its snapshot, so that of two nodes that migrate at
// once the second finds the first one's row and does nothing.

/// Brings a schema forward.
package enum MigrationRunner {
    /// Compares what ran with what this program has.
    package static func status(of store: any Store, migrations: [Migration]) async throws -> SchemaStatus {
        try await makeTable(store)
        return try await store.read { tx in
            var applied: [String: String] = [:]
            for row in try tx.rows("SELECT module, number, checksum FROM schema_migration ORDER BY module, number") {
                let module: String = try row.value(at: 0)
                let number: Int = try row.value(at: 1)
                applied["\(module)/\(number)"] = try row.value(at: 2)
                guard migrations.contains(where: { $0.module == module && $0.number == number }) else {
                    return .newer(module: module, number: number)
                }
            }
            for migration in migrations {
                guard let checksum = applied["\(migration.module)/\(migration.number)"] else { continue }
                if checksum != self.checksum(migration, tx.dialect) {
                    return .changed(module: migration.module, number: migration.number)
                }
            }
            let missing = migrations.filter { applied["\($0.module)/\($0.number)"] == nil }
            return missing.isEmpty ? .current : .older(missing)
        }
    }

    /// Runs what is missing, each migration in a transaction of its own, and returns what was missing.
    ///
    /// Errors: `MigrationRefused` when the schema is newer or was made by other texts; a `StoreError` when a migration
    /// fails, which leaves those before it in place.
    @discardableResult
    package static func apply(_ migrations: [Migration], to store: any Store) async throws -> [Migration] {
        let missing: [Migration]
        switch try await status(of: store, migrations: migrations) {
        case .current: return []
        case .older(let older): missing = older
        case .newer(let module, let number):
            throw MigrationRefused(module: module, number: number, isNewer: true)
        case .changed(let module, let number):
            throw MigrationRefused(module: module, number: number, isNewer: false)
        }
        for migration in missing {
            try await store.writeAlone { tx in
                if tx.dialect == .postgres { try tx.execute("LOCK TABLE schema_migration IN EXCLUSIVE MODE") }
                guard try !hasRun(migration, tx) else { return }
                try tx.executeScript(migration.script(for: tx.dialect))
                let checksum = checksum(migration, tx.dialect)
                try tx.execute(
                    """
                    INSERT INTO schema_migration (module, number, name, checksum)
                    VALUES (\(migration.module), \(migration.number), \(migration.name), \(checksum))
                    """
                )
            }
        }
        return missing
    }

    private static func hasRun(_ migration: Migration, _ tx: any ReadTransaction) throws -> Bool {
        try tx.row(
            """
            SELECT number FROM schema_migration
            WHERE module = \(migration.module) AND number = \(migration.number)
            """
        ) != nil
    }

    private static func makeTable(_ store: any Store) async throws {
        do {
            try await store.writeAlone { try makeTable($0) }
        } catch let error as StoreError where store.dialect == .postgres && error.code == .constraint {
            // Two nodes made it at once: IF NOT EXISTS looks before it makes. The other one's is there now.
            try await store.writeAlone { try makeTable($0) }
        }
    }

    private static func makeTable(_ tx: any WriteTransaction) throws {
        try tx.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                module TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
                PRIMARY KEY (module, number)
            )
            """
        )
    }

    private static func checksum(_ migration: Migration, _ dialect: Dialect) -> String {
        SHA256.hash(data: Array(migration.script(for: dialect).text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
