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

/// Brings a schema forward.
package enum MigrationRunner {
    package static func status(of store: any Store, migrations: [Migration]) async throws -> SchemaStatus {
        try await store.write { tx in
            try makeTable(tx)
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

    /// Runs what is missing, each migration in a transaction of its own, and returns what ran.
    @discardableResult
    package static func apply(_ migrations: [Migration], to store: any Store) async throws -> [Migration] {
        guard case .older(let missing) = try await status(of: store, migrations: migrations) else { return [] }
        for migration in missing {
            try await store.writeAlone { tx in
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
