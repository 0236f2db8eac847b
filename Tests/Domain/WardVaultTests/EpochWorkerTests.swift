// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardVault

@Suite struct EpochWorkerTests {
    private struct Ground {
        let store: any Store
        let vault: TestVault
        let clock: TestSurroundings
        let certificates = Certificates()

        func worker() -> EpochWorker {
            EpochWorker(
                vault.vault,
                in: store,
                certify: { [certificates] certificate, _ in
                    try certificates.add(certificate)
                }
            )
        }

        func makePeople(_ count: Int) async throws -> [SubjectID] {
            let people: [SubjectID] = (0..<count).map { _ in clock.surroundings.makeIdentifier() }
            try await store.write { [vault] in try vault.vault.createSubjects(people, of: vault.organization, in: $0) }
            return people
        }

        func erase(_ person: SubjectID) async throws {
            _ = try await store.write { [vault] in
                try vault.vault.destroySubject(person, of: vault.organization, in: $0)
            }
        }

        func lives(_ person: SubjectID) async throws -> Bool {
            let keys = try KeyDirectory(opening: vault.keyDirectory)
            let fresh = Vault(keys: keys, surroundings: clock.surroundings)
            return try await store.read { [vault] in try fresh.hasLivingKey(person, of: vault.organization, in: $0) }
        }

        var epochs: [Int64] { vault.vault.keys.epochNumbers }
    }

    /// What was certified; fails once when told to.
    final class Certificates: Sendable {
        struct Lost: Error {}
        let all = Mutex<[ErasureCertificate]>([])
        let isFailing = Mutex(false)

        func add(_ certificate: ErasureCertificate) throws {
            if isFailing.withLock({ $0 }) { throw Lost() }
            all.withLock { $0.append(certificate) }
        }
        var subjects: [SubjectID] { all.withLock { $0.map(\.subject) } }
    }

    private func with(_ kind: StoreKind, _ body: (Ground) async throws -> Void) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let clock = TestSurroundings()
            let vault = try await TestVault.make(in: store, surroundings: clock.surroundings)
            try await body(Ground(store: store, vault: vault, clock: clock))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `within a day of an erasure a new epoch has begun, the old key is gone and the moment is certified`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { ground in
            let people = try await ground.makePeople(3)
            let worker = ground.worker()
            try await worker.runOnce()
            ground.clock.advance(by: .days(30))
            try await worker.runOnce()
            #expect(ground.epochs == [1], "nothing was erased")
            let erasedAt = ground.clock.now
            try await ground.erase(people[0])
            var turned: Timestamp?
            while ground.clock.now.since(erasedAt) < .days(2), turned == nil {
                ground.clock.advance(by: .minutes(10))
                try await worker.runOnce()
                if ground.epochs == [2] { turned = ground.clock.now }
            }
            let moment = try #require(turned)
            #expect(moment.since(erasedAt) <= .hours(24))
            let certificate = try #require(ground.certificates.all.withLock { $0.first })
            #expect(ground.certificates.subjects == [people[0]])
            #expect(certificate.certifiedAt == moment && certificate.epoch == 1 && certificate.destroyedAt == erasedAt)
            #expect(try await ground.lives(people[1]))
            #expect(try await !ground.lives(people[0]))
            ground.clock.advance(by: .days(30))
            try await worker.runOnce()
            #expect(ground.epochs == [2] && ground.certificates.subjects.count == 1, "once")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a turn that is killed goes on with the epoch that it began`(kind: StoreKind) async throws {
        try await with(kind) { ground in
            let people = try await ground.makePeople(3)
            try await ground.erase(people[0])
            ground.clock.advance(by: .hours(21))
            try await ground.worker().runOnce()
            #expect(ground.epochs == [1, 2])
            // A process that was killed then: another worker, and keys that one more transaction wrapped meanwhile.
            let next = ground.worker()
            try await next.runOnce()
            #expect(ground.epochs == [1, 2], "the longest transaction is waited for, counted from the start")
            ground.clock.advance(by: .minutes(31))
            try await next.runOnce()
            #expect(ground.epochs == [2])
            #expect(ground.certificates.subjects == [people[0]])
            #expect(try await ground.lives(people[2]))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an erasure whose certificate could not be written is certified later`(kind: StoreKind) async throws {
        try await with(kind) { ground in
            let people = try await ground.makePeople(2)
            try await ground.erase(people[0])
            ground.clock.advance(by: .hours(21))
            let worker = ground.worker()
            try await worker.runOnce()
            ground.clock.advance(by: .minutes(31))
            ground.certificates.isFailing.withLock { $0 = true }
            await #expect(throws: Certificates.Lost.self) { try await worker.runOnce() }
            #expect(ground.epochs == [2])
            ground.certificates.isFailing.withLock { $0 = false }
            ground.clock.advance(by: .hours(1))
            try await ground.worker().runOnce()
            #expect(ground.certificates.subjects == [people[0]])
            // Erased in the running epoch: waits for its turn.
            try await ground.erase(people[1])
            try await worker.runOnce()
            #expect(ground.certificates.subjects.count == 1)
        }
    }

    @Test func `the next step follows from the keys, the oldest erasure and the time alone`() {
        let start = Timestamp(seconds: 1_000_000)
        var turn = EpochTurn(schedule: EpochSchedule())
        #expect(turn.next(epochs: 1, oldestErasure: nil, at: start) == .rest)
        #expect(turn.next(epochs: 1, oldestErasure: start, at: start + .hours(19)) == .rest)
        #expect(turn.next(epochs: 1, oldestErasure: start, at: start + .hours(20)) == .rewrap)
        #expect(turn.next(epochs: 2, oldestErasure: start, at: start + .hours(20) + .minutes(29)) == .rest)
        #expect(turn.next(epochs: 2, oldestErasure: start, at: start + .hours(20) + .minutes(30)) == .destroyOld)
        #expect(turn.next(epochs: 1, oldestErasure: nil, at: start + .hours(21)) == .rest)
    }
}
