// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCrypto
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// What was sent can be shown exactly, years later, and goes when its time is over.
@Suite struct ArchiveTests {
    @Test(arguments: TestStore.kinds)
    func `years later a message is shown as the very bytes that were sent`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let id = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            let sent = try #require(world.transmitter.taken.first?.bytes)
            world.clock.advance(by: .days(1_500))
            let reader = TestRequester.with(roles: [.clinician], of: world.ground.organization)
            guard case .shown(let bytes, let summary) = try await world.delivery.showSent(id, why: "asked", by: reader)
            else {
                Issue.record("not shown")
                return
            }
            #expect(bytes.expose(for: .disclosing) { $0 } == sent)
            #expect(summary.standing == .delivered)
            guard case .reasonMissing = try await world.delivery.showSent(id, why: " ", by: reader) else {
                Issue.record("shown without a reason")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what no longer reads as it was sent is not shown, nor what was erased`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let reader = TestRequester.with(roles: [.clinician], of: world.ground.organization)
            let id = try await world.queued(to: try await world.makePerson(), try world.terms())
            let person = try await world.makePerson()
            let erased = try await world.queued(to: person, try world.terms())
            try await world.drain()
            _ = try await world.store.write { tx in
                try tx.execute(
                    """
                    UPDATE delivery SET boundary = 'other', message_identifier = 'other@lakeside.example'
                    WHERE organization = \(world.ground.organization) AND id = \(id)
                    """
                )
            }
            guard case .differs = try await world.delivery.showSent(id, why: "asked", by: reader) else {
                Issue.record("shown as if it were what was sent")
                return
            }
            _ = try await world.store.write { tx in
                try world.ground.vault.destroySubject(person, of: world.ground.organization, in: tx)
            }
            guard case .erased = try await world.delivery.showSent(erased, why: "asked", by: reader) else {
                Issue.record("an erased person's message was shown")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `messages go after six years or as the organization says, and what has not ended stays`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let administrator = TestRequester.with(roles: [.administrator], of: world.ground.organization)
            let old = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            let held = try await world.queued(to: try await world.makePerson(), try world.terms())
            #expect(try await world.delivery.hold(held, why: "x", by: world.marketer) == .done)
            world.clock.advance(by: .days(6 * 365))
            #expect(try await world.delivery.purge(by: administrator) == 0)
            world.clock.advance(by: .days(3))
            #expect(try await world.delivery.purge(by: administrator) == 1)
            #expect(try await world.standing(of: old) == nil)
            #expect(try await world.standing(of: held) == .held)
            let recent = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            world.clock.advance(by: .days(400))
            let set = try await world.delivery.keepMessages(forYears: 1, why: "our policy", by: administrator)
            #expect(set == .done)
            #expect(try await world.delivery.keepMessages(forYears: 0, why: "x", by: administrator) != .done)
            #expect(try await world.delivery.purge(by: administrator) == 1)
            #expect(try await world.standing(of: recent) == nil)
            let contents = try await world.store.read { tx in
                try tx.first("SELECT count(*) FROM delivery_content", as: Int.self) ?? -1
            }
            #expect(contents == 1)
        }
    }
}
