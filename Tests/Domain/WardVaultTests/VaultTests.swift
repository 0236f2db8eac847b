// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@Suite struct VaultTests {
    private static let kind = RecordKind(number: 40, name: "profile")
    private static let index = BlindIndexKind(number: 40, name: "e-mail address")
    private let person: SubjectID = Surroundings.machine.makeIdentifier()
    private let other: SubjectID = Surroundings.machine.makeIdentifier()
    private let plain = Sensitive<[UInt8]>(Array("a record of one person".utf8))

    private func place(_ ground: TestVault, _ owner: KeyOwner, row: [UInt8] = [1]) -> SealedPlace {
        SealedPlace(organization: ground.organization, owner: owner, kind: Self.kind, row: row)
    }

    @Test(arguments: TestStore.kinds)
    func `a ciphertext opens in its own place only`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let second: OrganizationID = Surroundings.machine.makeIdentifier()
            try await ground.establish(second, in: store)
            let (person, other, plain) = (person, other, plain)
            try await store.write { tx in
                try ground.vault.createSubjects([person, other], of: ground.organization, in: tx)
                try ground.vault.createSubject(person, of: second, in: tx)
            }
            let home = place(ground, .subject(person))
            let sealed = try await store.read { try ground.vault.seal(plain, at: home, in: $0) }
            var moved: [SealedPlace] = [
                place(ground, .subject(other)), place(ground, .organization), place(ground, .subject(person), row: [2]),
                home, home,
            ]
            moved[3].organization = second
            moved[4].kind = RecordKind(number: 41, name: "profile")
            for place in moved {
                await #expect(throws: VaultError.doesNotOpen(place.kind)) {
                    _ = try await store.read { try ground.vault.open(sealed, at: place, in: $0) }
                }
            }
            let opened = try await store.read { try ground.vault.open(sealed, at: home, in: $0) }
            #expect(opened == plain)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an erased person's records cannot be read, one by one or in bulk`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let (person, other, plain) = (person, other, plain)
            let places = [place(ground, .subject(person)), place(ground, .subject(other))]
            let sealed = try await store.write { tx in
                try ground.vault.createSubjects([person, other], of: ground.organization, in: tx)
                return try ground.vault.seal(places.map { SealRequest(plain, at: $0) }, of: ground.organization, in: tx)
            }
            // The key is in memory when the erasure comes.
            _ = try await store.read { try ground.vault.open(sealed[0], at: places[0], in: $0) }
            let outcome = try await store.write {
                try ground.vault.destroySubject(person, of: ground.organization, in: $0)
            }
            guard case .destroyed = outcome else {
                Issue.record("not destroyed")
                return
            }
            await #expect(throws: VaultError.subjectErased(person)) {
                _ = try await store.read { try ground.vault.open(sealed[0], at: places[0], in: $0) }
            }
            await #expect(throws: VaultError.subjectErased(person)) {
                _ = try await store.read { try ground.vault.seal(plain, at: places[0], in: $0) }
            }
            let answers = try await store.read { tx in
                try ground.vault.open(
                    zip(sealed, places).map { OpenRequest($0, at: $1) },
                    of: ground.organization,
                    in: tx
                )
            }
            #expect(answers[0] == .failure(.subjectErased(person)))
            #expect(answers[1] == .success(plain))
            await #expect(throws: StoreError.self) {
                try await store.write { try ground.vault.createSubject(person, of: ground.organization, in: $0) }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key of a transaction that was undone is not remembered`(kind: StoreKind) async throws {
        struct Undo: Error {}
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let (person, plain) = (person, plain)
            let place = place(ground, .subject(person))
            await #expect(throws: Undo.self) {
                try await store.write { tx in
                    try ground.vault.createSubject(person, of: ground.organization, in: tx)
                    _ = try ground.vault.seal(plain, at: place, in: tx)
                    throw Undo()
                }
            }
            let sealed = try await store.write { tx in
                try ground.vault.createSubject(person, of: ground.organization, in: tx)
                return try ground.vault.seal(plain, at: place, in: tx)
            }
            let again = Vault(keys: ground.vault.keys, surroundings: .machine)
            let opened = try await store.read { try again.open(sealed, at: place, in: $0) }
            #expect(opened == plain)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the wrong root key is found and both keys are named`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let stranger = try await TestVault.make(in: store)
            let error = await #expect(throws: VaultError.self) {
                try await store.read { try stranger.vault.check(ground.organization, in: $0) }
            }
            #expect(
                error
                    == .wrongRootKey(needed: ground.vault.keys.rootKeyName, found: stranger.vault.keys.rootKeyName)
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an organization is established once and an unknown one has no keys`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let unknown: OrganizationID = Surroundings.machine.makeIdentifier()
            await #expect(throws: VaultError.alreadyEstablished(ground.organization)) {
                try await ground.establish(ground.organization, in: store)
            }
            await #expect(throws: VaultError.notEstablished(unknown)) {
                try await store.read { try ground.vault.check(unknown, in: $0) }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `equal texts have equal blind indexes within a kind and an organization only`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let second: OrganizationID = Surroundings.machine.makeIdentifier()
            try await ground.establish(second, in: store)
            let first = ground.organization
            let values = try await store.read { tx in
                let text = Sensitive("dana@lakeside.example")
                let other = BlindIndexKind(number: 41, name: "phone")
                return [
                    try ground.vault.blindIndex(text, kind: Self.index, of: first, in: tx),
                    try ground.vault.blindIndexes([text], kind: Self.index, of: first, in: tx)[0],
                    try ground.vault.blindIndex(text, kind: other, of: first, in: tx),
                    try ground.vault.blindIndex(text, kind: Self.index, of: second, in: tx),
                ]
            }
            #expect(values[0] == values[1])
            #expect(Set(values).count == 3)
            #expect(values[0].count == 32)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `records sealed by one process open in another`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let plain = plain
            let place = place(ground, .organization)
            let sealed = try await store.read { tx in
                (try ground.vault.seal(plain, at: place, in: tx), try ground.vault.seal(plain, at: place, in: tx))
            }
            #expect(sealed.0 != sealed.1)
            let keys = try KeyDirectory(opening: ground.keyDirectory)
            let again = Vault(keys: keys, surroundings: .machine)
            #expect(try await store.read { try again.open(sealed.0, at: place, in: $0) } == plain)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `after a rotation old records open and new ones are under the new key`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let organization = ground.organization
            let plain = plain
            let place = place(ground, .organization)
            // Another process, which has the first version's key in memory.
            let other = Vault(keys: ground.vault.keys, surroundings: .machine)
            let old = try await store.read { try other.seal(plain, at: place, in: $0) }
            let version = try await store.write { try ground.vault.rotateSealingKey(of: organization, in: $0) }
            #expect(version == 2)
            let new = try await store.read { try ground.vault.seal(plain, at: place, in: $0) }
            #expect(old[4] == 1)
            #expect(new[4] == 2)
            for vault in [ground.vault, other] {
                let opened = try await store.read { tx in
                    try vault.open([old, new].map { OpenRequest($0, at: place) }, of: organization, in: tx)
                }
                #expect(opened == [.success(plain), .success(plain)])
            }
            let facts = try await store.read { try ground.vault.keyFacts(of: organization, in: $0) }
            #expect(facts.sealingKeyVersion == 2)
            #expect(facts.usesByThisProcess == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a new epoch keeps the living and destroys the old key for good`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let organization = ground.organization
            let plain = plain
            let people: [SubjectID] = (0..<1_203).map { _ in Surroundings.machine.makeIdentifier() }
            let places = people.map { place(ground, .subject($0)) }
            let sealed = try await store.write { tx in
                try ground.vault.createSubjects(people, of: organization, in: tx)
                return try ground.vault.seal(places.map { SealRequest(plain, at: $0) }, of: organization, in: tx)
            }
            // A backup of the database made before the erasure.
            let backup = try await store.read { tx in
                try tx.rows("SELECT subject, epoch, wrapped FROM subject_key WHERE organization = \(organization)")
            }
            _ = try await store.write { try ground.vault.destroySubject(people[0], of: organization, in: $0) }
            let report = try await ground.vault.startEpoch(in: store)
            #expect(report.epoch == 2)
            #expect(report.rewrapped == 1_202)
            guard case .destroyed(epochs: [1], at: _) = try await ground.vault.destroyOldEpochs(in: store) else {
                Issue.record("old epoch still there")
                return
            }
            let fresh = Vault(keys: try KeyDirectory(opening: ground.keyDirectory), surroundings: .machine)
            let opened = try await store.read { try fresh.open(sealed[1], at: places[1], in: $0) }
            #expect(opened == plain)
            // The backup comes back: the erased person does not.
            try await store.write { tx in
                let row = try #require(backup.first { try $0.value("subject", as: SubjectID.self) == people[0] })
                let wrapped: [UInt8] = try row.value("wrapped")
                try tx.execute(
                    """
                    UPDATE subject_key SET wrapped = \(wrapped), destroyed_at = NULL, epoch = 1
                    WHERE organization = \(organization) AND subject = \(people[0])
                    """
                )
            }
            await #expect(throws: VaultError.epochKeyMissing(epoch: 1)) {
                _ = try await store.read { try fresh.open(sealed[0], at: places[0], in: $0) }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `organization keys are stored wrapped`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            _ = try await TestVault.make(in: store)
            let rows = try await store.read { try $0.rows("SELECT wrapped FROM organization_key") }
            for row in rows {
                let wrapped: [UInt8] = try row.value(at: 0)
                // A sealed record of 32 octets and not the key itself.
                #expect(wrapped.count == 32 + 33)
            }
        }
    }
}
