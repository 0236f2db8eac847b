// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardVault

@Suite struct RootRotationTests {
    private struct Killed: Error {}

    private func place(_ organization: OrganizationID) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: .organization,
            kind: RecordKind(number: 900, name: "test"),
            row: Array(repeating: 7, count: 16)
        )
    }

    /// Two organizations with a sealed record each, and a vault as the next start of the process has it.
    private func with(
        _ kind: StoreKind,
        _ body: (_ store: any Store, _ ground: TestVault, _ opens: () async throws -> Int) async throws -> Void
    ) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let ground = try await TestVault.make(in: store)
            let other: OrganizationID = Surroundings.machine.makeIdentifier()
            try await ground.establish(other, in: store)
            let places = [ground.organization, other].map(place)
            let sealed = try await store.write { tx in
                try places.map { try ground.vault.seal(Sensitive([1, 2, 3]), at: $0, in: tx) }
            }
            try await body(store, ground) {
                let fresh = Vault(keys: try KeyDirectory(opening: ground.keyDirectory), surroundings: .machine)
                return try await store.read { tx in
                    try zip(sealed, places).count { try fresh.open($0, at: $1, in: tx) == Sensitive([1, 2, 3]) }
                }
            }
        }
    }

    private func names(_ ground: TestVault) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: ground.keyDirectory).sorted()
    }

    @Test(arguments: TestStore.kinds)
    func `after a rotation the new root key opens everything, and the old one is put aside`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { store, ground, opens in
            let old = ground.vault.keys.rootKeyName
            let recorded = Mutex<Set<OrganizationID>>([])
            let rotation = try await ground.vault.rotateRootKey(in: store, destroysRetired: false) { id, name, _ in
                #expect(name != old)
                recorded.withLock { _ = $0.insert(id) }
            }
            #expect(rotation.organizations == 2)
            #expect(rotation.retired == [old])
            #expect(recorded.withLock(\.count) == 2)
            #expect(try names(ground) == ["epoch-1.key", "root-retired-\(old).key", "root.key"])
            #expect(try await opens() == 2)
            // The database needs the retired key no more.
            try FileManager.default.removeItem(atPath: ground.keyDirectory + "/root-retired-\(old).key")
            #expect(try await opens() == 2)
            #expect(try KeyDirectory(opening: ground.keyDirectory).rootKeyName == rotation.name)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a rotation that is killed anywhere opens at the next start and goes on when it is run again`(
        kind: StoreKind
    ) async throws {
        for point in [RootRotationPoint.successorWritten, .organizationDone, .oldRetired] {
            try await with(kind) { store, ground, opens in
                await #expect(throws: Killed.self) {
                    try await ground.vault.rotateRootKey(
                        in: store,
                        destroysRetired: false,
                        atPoint: { if $0 == point { throw Killed() } },
                        record: { _, _, _ in }
                    )
                }
                #expect(try await opens() == 2, "\(point)")
                let next = Vault(keys: try KeyDirectory(opening: ground.keyDirectory), surroundings: .machine)
                let wasRotating = next.keys.isRotatingRoot
                #expect(wasRotating == (point != .oldRetired))
                let begun = next.keys.rootKeyName
                if wasRotating {
                    let rotation = try await next.rotateRootKey(in: store, destroysRetired: true) { _, _, _ in }
                    #expect(rotation.name == begun, "the successor that was written is taken, not a third key")
                    #expect(rotation.destroyed.count == 1)
                    #expect(try names(ground) == ["epoch-1.key", "root.key"])
                }
                #expect(try await opens() == 2, "\(point)")
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a rotation killed between its two renames goes on`(kind: StoreKind) async throws {
        for step in 0..<2 {
            try await with(kind) { store, ground, opens in
                await #expect(throws: Killed.self) {
                    let done = Mutex(0)
                    _ = try await ground.vault.rotateRootKey(
                        in: store,
                        destroysRetired: false,
                        atPoint: { point in
                            guard point == .organizationDone else { return }
                            if done.withLock({
                                $0 += 1; return $0
                            }) == 2 {
                                throw Killed()
                            }
                        },
                        record: { _, _, _ in }
                    )
                }
                let (keys, old) = (ground.keyDirectory, "root-retired-0011223344556677.key")
                if step == 0 {
                    // The old key is aside, the successor not renamed yet.
                    try FileManager.default.moveItem(atPath: keys + "/root.key", toPath: keys + "/" + old)
                } else {
                    // The successor has both its names.
                    try FileManager.default.moveItem(atPath: keys + "/root.key", toPath: keys + "/" + old)
                    try FileManager.default.linkItem(atPath: keys + "/root-next.key", toPath: keys + "/root.key")
                }
                #expect(try await opens() == 2)
                let next = Vault(keys: try KeyDirectory(opening: keys), surroundings: .machine)
                let rotation = try await next.rotateRootKey(in: store, destroysRetired: false) { _, _, _ in }
                #expect(rotation.organizations == 0)
                #expect(try names(ground) == ["epoch-1.key", old, "root.key"])
                #expect(try await opens() == 2)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `without its audit entry an organization's keys are not wrapped anew, and the old root key stays`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { store, ground, opens in
            await #expect(throws: Killed.self) {
                try await ground.vault.rotateRootKey(in: store, destroysRetired: true) { _, _, _ in throw Killed() }
            }
            let checks = try await store.read { tx in
                try Set(
                    tx.rows("SELECT root_key_check FROM organization_key").map { try $0.value(at: 0, as: [UInt8].self) }
                )
            }
            #expect(checks.count == 1)
            #expect(try names(ground).contains("root.key"))
            #expect(try await opens() == 2)
        }
    }
}
