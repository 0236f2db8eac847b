// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit
import WardVault

extension AuditAction {
    static let contactReveal = AuditAction(rawValue: "contact.reveal")
}

@Suite struct RecordTests {
    @Test(arguments: TestStore.kinds)
    func `when the entry cannot be written the action does not happen`(kind: StoreKind) async throws {
        let thing = Migration(
            module: "Thing",
            number: 1,
            name: "thing",
            sqlite: "CREATE TABLE thing (name TEXT NOT NULL);",
            postgres: "CREATE TABLE thing (name TEXT NOT NULL);"
        )
        try await TestStore.with(kind, migrations: TestVault.migrations + [thing]) { store in
            let ground = try await TestVault.make(in: store)
            let requester = TestRequester.with(roles: [.clinician], of: ground.organization)
            _ = try await store.write { try $0.execute("DROP TABLE audit_entry") }
            await #expect(throws: StoreError.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO thing (name) VALUES (\("x"))")
                    try ground.audit.record(AuditEntry(.contactReveal), by: requester, in: tx)
                }
            }
            let count: Int? = try await store.read { try $0.first("SELECT COUNT(*) FROM thing") }
            #expect(count == 0)
        }
    }

    @Test(arguments: ["Dana Reyes", "dana@lakeside.example", "", String(repeating: "a", count: 129), "é"])
    func `what is no fixed word is refused where a fixed word belongs`(word: String) async throws {
        try await TestStore.with(.sqlite, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let requester = TestRequester.with(roles: [.clinician], of: ground.organization)
            let entries = [
                AuditEntry(.contactReveal, fields: [word]), AuditEntry(.contactReveal, facts: ["rows": word]),
                AuditEntry(.contactReveal, object: AuditObject(kind: word, identifier: [1])),
            ]
            for entry in entries {
                await #expect(throws: AuditError.self) {
                    _ = try await store.write { try ground.audit.record(entry, by: requester, in: $0) }
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `free text and addresses are sealed and come back to an auditor`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
            let person: SubjectID = Surroundings.machine.makeIdentifier()
            try await store.write { tx in
                try ground.vault.createSubject(person, of: ground.organization, in: tx)
                let entry = AuditEntry(
                    .contactReveal,
                    subject: person,
                    reason: Sensitive("zebra called about her appointment"),
                    fields: ["birth_date", "phone"]
                )
                try ground.audit.record(entry, by: auditor, in: tx)
            }
            let rows = try await store.read { try $0.rows("SELECT * FROM audit_entry") }
            for value in rows.flatMap(\.values) {
                if case .text(let text) = value { #expect(!text.contains("192.0.2.7") && !text.contains("zebra")) }
                if case .blob(let bytes) = value {
                    let text = String(decoding: bytes, as: UTF8.self)
                    #expect(!text.contains("192.0.2.7") && !text.contains("zebra"))
                }
            }
            let page = try await ground.audit.list(AuditFilter(subject: person), by: auditor, in: store)
            let line = try #require(page.lines.first)
            #expect(line.reason == Sensitive("zebra called about her appointment"))
            #expect(line.networkAddress == Sensitive("192.0.2.7"))
            // Reading the log is logged.
            let after = try await ground.audit.list(AuditFilter(actions: [.auditView]), by: auditor, in: store)
            #expect(after.lines.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an erased person's reason cannot be read and the log still verifies`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
            let person: SubjectID = Surroundings.machine.makeIdentifier()
            try await store.write { tx in
                try ground.vault.createSubject(person, of: ground.organization, in: tx)
                let entry = AuditEntry(.contactReveal, subject: person, reason: Sensitive("a reason"))
                try ground.audit.record(entry, by: auditor, in: tx)
            }
            try await AuditSealer(audit: ground.audit, store: store).sealNow(ground.organization)
            try await store.write { tx in
                _ = try ground.vault.destroySubject(person, of: ground.organization, in: tx)
                let entry = AuditEntry(.keyDestroy, subject: person, reason: Sensitive("asked for it"))
                try ground.audit.record(entry, by: auditor, in: tx)
            }
            let page = try await ground.audit.list(AuditFilter(subject: person), by: auditor, in: store)
            #expect(page.lines.map(\.isReasonErased) == [false, true])
            #expect(page.lines.map(\.reason) == [Sensitive("asked for it"), nil])
            guard case .intact = try await ground.audit.verify(by: auditor, in: store) else {
                Issue.record("damaged")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the log is for those who may, and pages through`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let marketer = TestRequester.with(roles: [.marketer, .clinician], of: ground.organization)
            let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
            await #expect(throws: AccessDenied(permission: .viewAudit)) {
                _ = try await ground.audit.list(by: marketer, in: store)
            }
            await #expect(throws: AccessDenied(permission: .viewAudit)) {
                _ = try await ground.audit.verify(by: marketer, in: store)
            }
            for number in 0..<5 {
                let entry = AuditEntry(.contactReveal, facts: ["number": "\(number)"])
                _ = try await store.write { try ground.audit.record(entry, by: marketer, in: $0) }
            }
            let filter = AuditFilter(actions: [.contactReveal])
            let first = try await ground.audit.list(filter, limit: 3, by: auditor, in: store)
            let second = try await ground.audit.list(filter, before: first.next, limit: 3, by: auditor, in: store)
            #expect(Set((first.lines + second.lines).map(\.record.content.facts)).count == 5)
            #expect(first.lines.count == 3)
            #expect(second.next == nil)
            // Another organization sees nothing of it.
            let second2: OrganizationID = Surroundings.machine.makeIdentifier()
            try await ground.establish(second2, in: store)
            let stranger = TestRequester.with(roles: [.auditor], of: second2)
            #expect(try await ground.audit.list(by: stranger, in: store).lines.isEmpty)
        }
    }

    @Test func `an entry reads as a sentence`() async throws {
        try await TestStore.with(.sqlite, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
            let person: SubjectID = Surroundings.machine.makeIdentifier()
            var denied = AuditEntry(AuditAction(rawValue: "campaign.send"), outcome: .denied)
            denied.object = AuditObject(kind: "campaign", identifier: [1])
            let entries = [
                AuditEntry(.contactReveal, subject: person, fields: ["birth_date", "phone"]), denied,
                AuditEntry(.auditView),
            ]
            for entry in entries {
                _ = try await store.write { try ground.audit.record(entry, by: auditor, in: $0) }
            }
            let names = AuditNames(
                actor: { _, _ in "Dana Reyes" },
                subject: { _ in "J. D." },
                object: { _ in "Autumn recall" }
            )
            let page = try await ground.audit.list(by: auditor, in: store)
            let sentences = page.lines.reversed().map { line in
                line.record.sentence(names: names).expose(for: .evaluating) { $0 }
            }
            #expect(
                sentences == [
                    "Dana Reyes revealed contact of J. D. (birth date, phone).",
                    "Dana Reyes was not allowed to send campaign “Autumn recall”.",
                    "Dana Reyes viewed audit.",
                ]
            )
        }
    }
}
