// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDelivery
import WardKernel
import WardStorage
import WardTestKit

@testable import WardPortal

@Suite struct PassphraseTests {
    @Test(arguments: TestStore.kinds)
    func `a passphrase is agreed, replaced and withdrawn, each with a reason and an entry`(kind: StoreKind) async throws
    {
        try await PortalWorld.with(kind) { (world: PortalWorld) async throws in
            let (portal, ana, clinician) = (world.portal, world.ana, world.clinician)
            #expect(try await portal.passphraseStanding(of: ana, requester: clinician) == .notAgreed)
            let reason = "At the desk"
            await #expect(throws: PortalError.passphraseTooShort(minimum: 8)) {
                try await portal.agreePassphrase(Sensitive(" heron. "), with: ana, reason: reason, requester: clinician)
            }
            await #expect(throws: PortalError.reasonMissing) {
                try await portal.agreePassphrase(Sensitive("blue heron"), with: ana, reason: " ", requester: clinician)
            }
            #expect(try await world.auditCount(.portalPassphrase) == 0)
            try await portal.agreePassphrase(Sensitive("blue heron"), with: ana, reason: reason, requester: clinician)
            #expect(
                try await portal.passphraseStanding(of: ana, requester: clinician) == .agreed(at: world.clock.now)
            )
            world.clock.advance(by: .hours(1))
            try await portal.agreePassphrase(Sensitive("grey heron"), with: ana, reason: reason, requester: clinician)
            #expect(
                try await portal.passphraseStanding(of: ana, requester: clinician) == .agreed(at: world.clock.now)
            )
            world.clock.advance(by: .hours(1))
            await #expect(throws: PortalError.reasonMissing) {
                try await portal.withdrawPassphrase(of: ana, reason: "", requester: clinician)
            }
            #expect(
                try await portal.withdrawPassphrase(of: ana, reason: "Told it", requester: clinician) == .withdrawn
            )
            #expect(
                try await portal.withdrawPassphrase(of: ana, reason: "Again", requester: clinician) == .noneAgreed
            )
            #expect(try await portal.passphraseStanding(of: ana, requester: clinician) == .notAgreed)
            let facts = try await world.store.read { tx in
                try tx.rows("SELECT facts FROM audit_entry WHERE action = 'portal.passphrase' ORDER BY recorded_at")
                    .map { try $0.value(at: 0, as: String.self) }
            }
            #expect(facts == ["change=agreed", "change=replaced", "change=withdrawn"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a withdrawn passphrase opens nothing, ends visits and holds the next restricted message`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { (world: PortalWorld) async throws in
            try await world.portal.agreePassphrase(
                Sensitive("blue heron"),
                with: world.ana,
                reason: "On the telephone",
                requester: world.clinician
            )
            let link = try await world.deposit(for: world.ana, .restricted).link
            let right = try await world.portal.recognise(.passphrase("blue heron"), at: link, networkAddress: nil)
            guard case .recognised(let visit, _) = right else {
                Issue.record("the passphrase must open it")
                return
            }
            _ = try await world.portal.withdrawPassphrase(
                of: world.ana,
                reason: "Her brother knows it",
                requester: world.clinician
            )
            guard case .over = try await world.portal.read(visit: visit, networkAddress: nil) else {
                Issue.record("withdrawing ends visits that are on")
                return
            }
            let late = try await world.portal.recognise(.passphrase("blue heron"), at: link, networkAddress: nil)
            guard case .refused(.notRecognisable) = late else {
                Issue.record("a withdrawn passphrase must not open anything")
                return
            }
            await #expect(throws: NotDeposited.self) { try await world.deposit(for: world.ana, .restricted) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `only those who answer messages agree passphrases, and the rest of staff does not see them`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { (world: PortalWorld) async throws in
            let officer = TestRequester.with(roles: [.compliance], of: world.organization)
            let marketer = TestRequester.with(roles: [.marketer], of: world.organization)
            #expect(try await world.portal.passphraseStanding(of: world.ana, requester: officer) == .notAgreed)
            await #expect(throws: AccessDenied.self) {
                try await world.portal.passphraseStanding(of: world.ana, requester: marketer)
            }
            await #expect(throws: AccessDenied.self) {
                try await world.portal.agreePassphrase(
                    Sensitive("blue heron"),
                    with: world.ana,
                    reason: "x",
                    requester: officer
                )
            }
            await #expect(throws: AccessDenied.self) {
                try await world.portal.withdrawPassphrase(of: world.ana, reason: "x", requester: officer)
            }
        }
    }
}
