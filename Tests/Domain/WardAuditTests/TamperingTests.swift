// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit

/// Somebody edits the rows of the log behind Ward's back (reliability.md L1 to L4).
@Suite struct TamperingTests {
    @Test(arguments: TestStore.kinds)
    func `an untouched log is intact`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            try await log.expectIntact(10)
            try await log.sealer.sealNow(log.ground.organization)
            try await log.expectIntact(11)
        }
    }

    private static let changes: [SQL] = [
        "UPDATE audit_entry SET action = 'contact.view' WHERE position = 5",
        "UPDATE audit_entry SET recorded_at = recorded_at + 1 WHERE position = 5",
        "UPDATE audit_entry SET outcome = 'denied' WHERE position = 5",
        "UPDATE audit_entry SET actor = salt WHERE position = 5",
        "UPDATE audit_entry SET actor_kind = 'patient' WHERE position = 5",
        "UPDATE audit_entry SET subject = id WHERE position = 5",
        "UPDATE audit_entry SET object_kind = 'x', object = salt WHERE position = 5",
        "UPDATE audit_entry SET on_behalf_of_kind = 'x', on_behalf_of = salt WHERE position = 5",
        "UPDATE audit_entry SET roles = 'auditor' WHERE position = 5",
        "UPDATE audit_entry SET session = NULL WHERE position = 5",
        "UPDATE audit_entry SET authentication = 'x' WHERE position = 5",
        "UPDATE audit_entry SET purpose = 'treatment' WHERE position = 5",
        "UPDATE audit_entry SET request = NULL WHERE position = 5",
        "UPDATE audit_entry SET version = '2' WHERE position = 5",
        "UPDATE audit_entry SET time_source = 'ntp' WHERE position = 5",
        "UPDATE audit_entry SET subjects_kind = 'x', subjects = salt WHERE position = 5",
        "UPDATE audit_entry SET categories = 'clinical' WHERE position = 5",
        "UPDATE audit_entry SET fields = 'phone' WHERE position = 5",
        "UPDATE audit_entry SET facts = 'number=9' WHERE position = 5",
        "UPDATE audit_entry SET before_hash = salt WHERE position = 5",
        "UPDATE audit_entry SET after_hash = salt WHERE position = 5",
        "UPDATE audit_entry SET is_disclosure = 0 WHERE position = 5",
        "UPDATE audit_entry SET recipient_kind = 'x', recipient = salt WHERE position = 5",
        "UPDATE audit_entry SET channel = 'x' WHERE position = 5",
        "UPDATE audit_entry SET protection = 'none' WHERE position = 5",
        "UPDATE audit_entry SET reason = salt WHERE position = 5",
        "UPDATE audit_entry SET reason = NULL, reason_owner = NULL WHERE position = 5",
        "UPDATE audit_entry SET reason_owner = 2 WHERE position = 5",
        "UPDATE audit_entry SET origin = NULL WHERE position = 5",
        "UPDATE audit_entry SET salt = id WHERE position = 5",
    ]

    @Test(arguments: TestStore.kinds)
    func `a change of any field is found at its position`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            struct Undo: Error {}
            let organization = log.ground.organization
            let original = try await log.store.read { try $0.rows("SELECT * FROM audit_entry WHERE position = 5") }
            for change in Self.changes {
                try await log.execute(change)
                try await log.expectDamage(5, .entryDiffers)
                // Put the row back as it was.
                try await log.store.write { tx in
                    try tx.execute("DELETE FROM audit_entry WHERE organization = \(organization) AND position = 5")
                    let row = try #require(original.first)
                    let values = SQL.joined(row.values.map { "\(value: $0)" }, separator: ", ")
                    try tx.execute("INSERT INTO audit_entry VALUES (\(fragment: values))")
                }
            }
            try await log.expectIntact(10)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a deleted entry is found at its position`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            try await log.execute("DELETE FROM audit_entry WHERE position = 3")
            try await log.expectDamage(3, .entryMissing)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a deleted entry is found although the later ones were renumbered`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            try await log.execute("DELETE FROM audit_entry WHERE position = 3")
            for position in 4..<10 {
                try await log.execute("UPDATE audit_entry SET position = \(position - 1) WHERE position = \(position)")
            }
            try await log.expectDamage(3, .entryDiffers)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `two exchanged entries are found at the first of them`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            try await log.execute(
                "UPDATE audit_entry SET position = 999 WHERE position = 2",
                "UPDATE audit_entry SET position = 2 WHERE position = 7",
                "UPDATE audit_entry SET position = 7 WHERE position = 999"
            )
            try await log.expectDamage(2, .entryDiffers)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an inserted or duplicated entry is found`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            let organization = log.ground.organization
            let row = try #require(
                try await log.store.read { try $0.row("SELECT * FROM audit_entry WHERE position = 4") }
            )
            func copy(to position: Int64) async throws {
                var values = row.values
                values[try #require(row.columns.firstIndex(of: "id"))] = .blob([UInt8](repeating: 1, count: 16))
                values[try #require(row.columns.firstIndex(of: "position"))] = .integer(position)
                let fragments = SQL.joined(values.map { "\(value: $0)" }, separator: ", ")
                try await log.execute("INSERT INTO audit_entry VALUES (\(fragment: fragments))")
            }
            // At the end, beyond the head.
            try await copy(to: 10)
            try await log.expectDamage(10, .entryBeyondHead)
            try await log.execute("DELETE FROM audit_entry WHERE organization = \(organization) AND position = 10")
            // In the middle, the later ones moved up.
            for position in (5..<10).reversed() {
                try await log.execute("UPDATE audit_entry SET position = \(position + 1) WHERE position = \(position)")
            }
            try await copy(to: 5)
            try await log.expectDamage(5, .entryDiffers)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `entry and tile changed together do not lead to the signed checkpoint`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            // The attacker copies the ninth entry's leaf hash into the sixth place and the entry along with it.
            let tile: [UInt8] = try #require(
                try await log.store.read { try $0.first("SELECT hashes FROM audit_tile WHERE level = 0") }
            )
            var forged = tile
            for offset in 0..<32 { forged.swapAt(5 * 32 + offset, 8 * 32 + offset) }
            let hashes = forged
            try await log.execute(
                "UPDATE audit_tile SET hashes = \(hashes) WHERE level = 0",
                "UPDATE audit_entry SET position = 999 WHERE position = 5",
                "UPDATE audit_entry SET position = 5 WHERE position = 8",
                "UPDATE audit_entry SET position = 8 WHERE position = 999"
            )
            // The checkpoint of four entries still vouches for those.
            try await log.expectDamage(4, .differsFromCheckpoint(size: 7))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an end cut off in the database alone shows against its checkpoints`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            let root: [UInt8] = try #require(
                try await log.store.read { try $0.first("SELECT root FROM audit_checkpoint WHERE size = 7") }
            )
            try await log.execute(
                "DELETE FROM audit_entry WHERE position >= 7",
                "UPDATE audit_head SET size = 7, root = \(root)"
            )
            try await log.expectDamage(7, .truncated(checkpoint: 10))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a log rolled back with its checkpoints shows against the outside ones and is not sealed over`(
        kind: StoreKind
    ) async throws {
        try await AuditLog.with(kind) { log in
            let root: [UInt8] = try #require(
                try await log.store.read { try $0.first("SELECT root FROM audit_checkpoint WHERE size = 7") }
            )
            let tile: [UInt8] = try #require(
                try await log.store.read { try $0.first("SELECT hashes FROM audit_tile WHERE level = 0") }
            )
            let shorter = Array(tile.prefix(7 * 32))
            // The whole database as it was before the last three entries.
            try await log.execute(
                "DELETE FROM audit_entry WHERE position >= 7",
                "DELETE FROM audit_checkpoint WHERE size > 7",
                "UPDATE audit_tile SET hashes = \(shorter) WHERE level = 0",
                "UPDATE audit_head SET size = 7, root = \(root)"
            )
            try await log.expectDamage(4, .rolledBack(outside: 10))
            // More entries, as many as were cut: the sealer refuses to publish over the older truth.
            try await log.record(5)
            let organization = log.ground.organization
            await #expect(throws: AuditError.rolledBack(organization, outside: 10, here: 7)) {
                try await log.sealer.sealNow(organization)
            }
            try await log.expectDamage(4, .rolledBack(outside: 10))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a log replaced by a recomputed one shows against the outside checkpoint`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            let kept = try String(contentsOfFile: log.outsideFolder + "/latest", encoding: .utf8)
            try await log.execute(
                "DELETE FROM audit_entry",
                "DELETE FROM audit_tile",
                "DELETE FROM audit_checkpoint",
                "DELETE FROM audit_head"
            )
            // Somebody with the root key makes a new log, and empties the folder meanwhile.
            try FileManager.default.removeItem(atPath: log.outsideFolder)
            try await log.record(12)
            try await log.sealer.sealNow(log.ground.organization)
            try await log.expectIntact(12)
            try Data(kept.utf8).write(to: URL(fileURLWithPath: log.outsideFolder + "/2020-01-01"))
            try await log.expectDamage(0, .rolledBack(outside: 10))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a checkpoint that another key signed is refused`(kind: StoreKind) async throws {
        try await AuditLog.with(kind) { log in
            try await log.execute("UPDATE audit_checkpoint SET note = replace(note, '7', '8') WHERE size = 7")
            try await log.expectDamage(4, .badSignature(size: 7))
        }
    }
}
