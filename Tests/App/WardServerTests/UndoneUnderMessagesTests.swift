// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDelivery
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts
@testable import WardServer

/// An import can be undone until its people are written to: WardContacts asks WardDelivery, and the other way round.
@Suite struct UndoneUnderMessagesTests {
    @Test(arguments: TestStore.kinds)
    func `an import whose people were written to is not undone, and it is said how many they were`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { world in
            let progress = try await world.importPeople(5)
            for number in ["p-0", "p-3"] { _ = try await world.send(to: try await world.person(number)) }
            let outcome = try await world.undo(progress.id)
            #expect(outcome == .peopleWereWrittenTo(2))
            #expect(outcome.refusal?.hasPrefix("2 people of this import were written to since.") == true)
            _ = try await world.person("p-4")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `people whom an import changed count as its people, but only by messages since it began`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { world in
            _ = try await world.importPeople(3)
            let person = try await world.person("p-1")
            _ = try await world.send(to: person)
            world.clock.advance(by: .hours(1))
            let harmless = try await world.importPeople(3, city: "Hillside")
            #expect(harmless.counts.updated == 3)
            #expect(try await world.undo(harmless.id) == .undone(UndoCounts(removed: 0, restored: 3, kept: 0)))
            let changed = try await world.importPeople(3, city: "Riverside")
            world.clock.advance(by: .minutes(1))
            _ = try await world.send(to: person)
            #expect(try await world.undo(changed.id) == .peopleWereWrittenTo(1))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `while an import is being undone its people get nothing, and those who go never do`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { world in
            let progress = try await world.importPeople(2)
            let person = try await world.person("p-1")
            // As a process leaves it that was killed while undoing.
            _ = try await world.store.write { tx in
                try tx.execute("UPDATE contact_import SET state = 'undoing' WHERE id = \(progress.id)")
            }
            guard case .held(let message, .importUndone) = try await world.send(to: person) else {
                Issue.record("the message was not held")
                return
            }
            #expect(try await world.undo(progress.id) == .undone(UndoCounts(removed: 2, restored: 0, kept: 0)))
            world.clock.advance(by: .minutes(2))
            _ = try await world.worker.runOnce()
            let summary = try await world.modules.delivery.summary(of: message, by: world.marketer)
            #expect(summary?.standing == .notSent)
            #expect(summary?.reason == RefusalReason.personUnknown.rawValue)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `of an undoing and a message at the same time only one goes through`(kind: StoreKind) async throws {
        try await WiredWorld.with(kind) { world in
            for round in 0..<15 {
                let progress = try await world.importPeople(3, prefix: "r\(round)")
                let person = try await world.person("r\(round)-1")
                async let undoing = world.undo(progress.id)
                async let sending = world.send(to: person)
                let wasSent =
                    switch try await sending {
                    case .queued, .held(_, .noMethod), .held(_, .noRecognition), .held(_, .tlsNotPossible): true
                    default: false
                    }
                let outcome = try await undoing
                #expect(outcome == (wasSent ? .peopleWereWrittenTo(1) : .undone(UndoCounts(removed: 3))))
            }
        }
    }
}
