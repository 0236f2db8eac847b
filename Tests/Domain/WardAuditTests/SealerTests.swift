// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit

@Suite struct SealerTests {
    @Test(arguments: TestStore.kinds)
    func `many writers and two sealers leave no gap and lose nothing`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let requester = TestRequester.with(roles: [.auditor], of: ground.organization)
            let audit = ground.audit
            let sealers = (0..<2).map { _ in AuditSealer(audit: audit, store: store) }
            let written = try await withThrowingTaskGroup(of: [AuditEntryID].self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Self.write(25, to: audit, in: store, by: requester) }
                }
                for sealer in sealers {
                    group.addTask {
                        for _ in 0..<20 { try await sealer.sealAll() }
                        return []
                    }
                }
                return try await group.reduce(into: Set<AuditEntryID>()) { $0.formUnion($1) }
            }
            #expect(written.count == 200)
            let rows = try await sealTheRest(ground, store)
            #expect(try rows.map { try $0.value(at: 1, as: Int64.self) } == Array(0..<200))
            #expect(try Set(rows.map { try $0.value(at: 0, as: AuditEntryID.self) }) == written)
            guard case .intact(let proof) = try await audit.verify(by: requester, in: store) else {
                Issue.record("damaged")
                return
            }
            #expect(proof.size == 200)
            #expect(try await store.read { try $0.rows("SELECT organization FROM audit_head") }.count == 1)
        }
    }

    private static func write(
        _ count: Int,
        to audit: Audit,
        in store: any Store,
        by requester: Requester
    ) async throws -> [AuditEntryID] {
        var written: [AuditEntryID] = []
        for number in 0..<count {
            let entry = AuditEntry(.contactReveal, facts: ["number": "\(number)"])
            written.append(try await store.write { try audit.record(entry, by: requester, in: $0) })
        }
        return written
    }

    /// Seals with a third node, once the others' lease is over.
    private func sealTheRest(_ ground: TestVault, _ store: any Store) async throws -> [Row] {
        _ = try await store.write { try $0.execute("UPDATE audit_head SET lease_until = 0") }
        try await AuditSealer(audit: ground.audit, store: store).sealNow(ground.organization)
        return try await store.read { try $0.rows("SELECT id, position FROM audit_entry ORDER BY position") }
    }

    @Test(arguments: TestStore.kinds)
    func `a second node waits for the lease and then takes the tree over`(kind: StoreKind) async throws {
        let clock = TestSurroundings()
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let requester = TestRequester.with(roles: [.auditor], of: ground.organization)
            let first = AuditSealer(audit: ground.audit, store: store)
            let second = AuditSealer(audit: ground.audit, store: store)
            func record() async throws {
                _ = try await store.write {
                    try ground.audit.record(AuditEntry(.contactReveal), by: requester, in: $0)
                }
            }
            try await record()
            #expect(try await first.sealNow(ground.organization)?.size == 1)
            try await record()
            // sealAll does not disturb the holder.
            try await second.sealAll()
            #expect(try await unsealed(store) == 1)
            // The holder is dead: waiting moves the test's clock beyond the lease.
            #expect(try await second.sealNow(ground.organization)?.size == 2)
            let fence: Int64? = try await store.read { try $0.first("SELECT fence FROM audit_head") }
            #expect(fence == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a dead sealer has sealed is at hand though its lease is not over`(kind: StoreKind) async throws {
        let clock = TestSurroundings()
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let requester = TestRequester.with(roles: [.auditor], of: ground.organization)
            _ = try await store.write {
                try ground.audit.record(AuditEntry(.contactReveal), by: requester, in: $0)
            }
            let dead = try await AuditSealer(audit: ground.audit, store: store).sealNow(ground.organization)
            let before = clock.now
            let next = try await AuditSealer(audit: ground.audit, store: store).sealNow(ground.organization)
            #expect(next?.size == 1 && next?.note == dead?.note)
            #expect(clock.now == before)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `more entries than a batch and a tile hold are sealed in one go`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let requester = TestRequester.with(roles: [.auditor], of: ground.organization)
            let audit = ground.audit
            let entries = Array(repeating: AuditEntry(.contactReveal), count: 2_300)
            try await store.write { try audit.record(entries, by: requester, in: $0) }
            #expect(try await AuditSealer(audit: audit, store: store).sealNow(ground.organization)?.size == 2_300)
            guard case .intact(let proof) = try await audit.verify(by: requester, in: store) else {
                Issue.record("damaged")
                return
            }
            #expect(proof.checkpoints == 2 + 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `entries written after the clock was set back are counted`(kind: StoreKind) async throws {
        let clock = TestSurroundings()
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let requester = TestRequester.with(roles: [.auditor], of: ground.organization)
            let sealer = AuditSealer(audit: ground.audit, store: store)
            for step in [Duration.hours(1), .hours(-1), .seconds(1)] {
                _ = try await store.write {
                    try ground.audit.record(AuditEntry(.contactReveal), by: requester, in: $0)
                }
                try await sealer.sealNow(ground.organization)
                clock.advance(by: step)
            }
            guard case .intact(let proof) = try await ground.audit.verify(by: requester, in: store) else {
                Issue.record("damaged")
                return
            }
            #expect(proof.backdated == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `organizations have trees of their own`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let second: OrganizationID = Surroundings.machine.makeIdentifier()
            try await ground.establish(second, in: store)
            for organization in [ground.organization, second, second] {
                let requester = TestRequester.with(roles: [.auditor], of: organization)
                _ = try await store.write {
                    try ground.audit.record(AuditEntry(.contactReveal), by: requester, in: $0)
                }
            }
            let sealer = AuditSealer(audit: ground.audit, store: store)
            try await sealer.sealAll()
            #expect(try await sealer.sealNow(ground.organization)?.size == 1)
            #expect(try await sealer.sealNow(second)?.size == 2)
            let keys = try await store.read { tx in
                [
                    try ground.audit.verifierKey(of: ground.organization, in: tx),
                    try ground.audit.verifierKey(of: second, in: tx),
                ]
            }
            #expect(Set(keys).count == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `checkpoints signed before the host name changed still verify`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let requester = TestRequester.with(roles: [.compliance], of: ground.organization)
            var configuration = ground.audit.configuration
            configuration.logName = "mail.example"
            let renamed = Audit(vault: ground.vault, configuration: configuration, surroundings: .machine)
            for audit in [ground.audit, renamed] {
                _ = try await store.write { try audit.record(AuditEntry(.contactReveal), by: requester, in: $0) }
                try await AuditSealer(audit: audit, store: store).sealNow(ground.organization)
                try await store.write { _ = try $0.execute("UPDATE audit_head SET lease_until = 0") }
            }
            guard case .intact(let proof) = try await renamed.verify(by: requester, in: store) else {
                Issue.record("damaged")
                return
            }
            #expect(proof.checkpoints == 2 + 2)
            #expect(proof.verifierKey.hasPrefix("mail.example/audit/"))
        }
    }

    private func unsealed(_ store: any Store) async throws -> Int? {
        try await store.read { try $0.first("SELECT COUNT(*) FROM audit_entry WHERE position IS NULL") }
    }
}
