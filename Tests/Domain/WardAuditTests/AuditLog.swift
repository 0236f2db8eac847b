// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit
import WardVault

/// A log with ten sealed entries under three checkpoints, for tests that tamper with it.
struct AuditLog: Sendable {
    let ground: TestVault
    let store: any Store
    let sealer: AuditSealer
    let compliance: Requester

    static func with(_ kind: StoreKind, _ body: (AuditLog) async throws -> Void) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations) { store in
            let log = AuditLog(ground: try await TestVault.make(in: store), store: store)
            for count in [4, 3, 3] {
                try await log.record(count)
                try await log.sealer.sealNow(log.ground.organization)
            }
            try await body(log)
        }
    }

    private init(ground: TestVault, store: any Store) {
        self.ground = ground
        self.store = store
        sealer = AuditSealer(audit: ground.audit, store: store)
        compliance = TestRequester.with(roles: [.compliance], of: ground.organization)
    }

    func record(_ count: Int) async throws {
        for number in 0..<count {
            var entry = AuditEntry(
                .contactReveal,
                reason: Sensitive("reason \(number)"),
                facts: ["number": "\(number)"]
            )
            entry.disclosure = AuditDisclosure(channel: "page", protection: "tls1.3")
            let recorded = entry
            _ = try await store.write { try ground.audit.record(recorded, by: compliance, in: $0) }
        }
    }

    /// The verdict of the live store. Verifying adds an entry, which stays unsealed.
    func verdict() async throws -> AuditVerdict { try await ground.audit.verify(by: compliance, in: store) }

    func execute(_ statements: SQL...) async throws {
        try await store.write { tx in for statement in statements { try tx.execute(statement) } }
    }

    var outsideFolder: String { "\(ground.checkpointDirectory)/\(ground.organization)" }

    func expectDamage(
        _ position: Int64,
        _ damage: AuditDamage,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let verdict = try await verdict()
        #expect(verdict == .damaged(at: position, damage), sourceLocation: sourceLocation)
    }

    func expectIntact(_ size: Int64, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        guard case .intact(let proof) = try await verdict() else {
            Issue.record("damaged", sourceLocation: sourceLocation)
            return
        }
        #expect(proof.size == size, sourceLocation: sourceLocation)
    }
}
