// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardConsent
import WardDelivery
import WardKernel
import WardPortal
import WardTestKit

@Suite struct ConversationTests {
    @Test(arguments: TestStore.kinds)
    func `staff without the permission neither reads nor answers`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let marketer = TestRequester.with(roles: [.marketer], of: world.organization)
            let compliance = TestRequester.with(roles: [.compliance], of: world.organization)
            let thread: ThreadID = world.clock.surroundings.makeIdentifier()
            await #expect(throws: AccessDenied.self) {
                try await world.portal.threads(.needsAnswer, requester: marketer)
            }
            await #expect(throws: AccessDenied.self) { try await world.portal.thread(thread, requester: marketer) }
            await #expect(throws: AccessDenied.self) {
                try await world.portal.answer(
                    thread,
                    "Hello",
                    identifier: world.clock.surroundings.makeIdentifier(),
                    author: "X",
                    sensitivity: .routine,
                    requester: compliance
                )
            }
            await #expect(throws: PortalError.threadNotFound(thread)) {
                try await world.portal.thread(thread, requester: compliance)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an empty or endless answer is refused and a form sent twice is one answer`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let visit = try await world.visit(try await world.deposit(for: world.ana).link)
            func answer(_ text: String, _ id: PortalMessageID? = nil) async throws -> AnswerOutcome? {
                let outcome = try await world.portal.answer(
                    text,
                    identifier: id ?? world.clock.surroundings.makeIdentifier(),
                    visit: visit,
                    networkAddress: nil
                )
                if case .answered(let answer) = outcome { return answer }
                return nil
            }
            #expect(try await answer(" \n\u{0} ") == .refused(.empty))
            let long = String(repeating: "é", count: AnswerLimits.octets / 2) + "x"
            #expect(try await answer(long) == .refused(.tooLong(over: 1)))
            let id: PortalMessageID = world.clock.surroundings.makeIdentifier()
            #expect(try await answer("Thank you", id) == .kept)
            #expect(try await answer("Thank you", id) == .kept)
            let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician).threads
            let detail = try await world.portal.thread(try #require(threads.first).id, requester: world.clinician)
            #expect(detail.messages.map(\.direction) == [.toPerson, .fromPerson])
            for _ in 2...AnswerLimits.perVisit { #expect(try await answer("More") == .kept) }
            #expect(try await answer("Too much") == .tooMany)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a clinician answers in the same conversation through the gate`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let visit = try await world.visit(try await world.deposit(for: world.ana, subject: "Your visit").link)
            _ = try await world.portal.answer(
                "May I take it with milk?",
                identifier: world.clock.surroundings.makeIdentifier(),
                visit: visit,
                networkAddress: nil
            )
            world.clock.advance(by: .minutes(5))
            let waiting = try await world.portal.threads(.needsAnswer, requester: world.clinician).threads
            let thread = try #require(waiting.first)
            #expect(thread.subject.expose(for: .disclosing) { $0 } == "Your visit")
            let outcome = try await world.portal.answer(
                thread.id,
                "Yes, with milk.",
                identifier: world.clock.surroundings.makeIdentifier(),
                author: "Dana Reyes, RN",
                sensitivity: .sensitive,
                requester: world.clinician
            )
            guard case .sent(_, .portal) = outcome, let sent = world.delivery.sent.first else {
                Issue.record("the answer must go through the delivery")
                return
            }
            #expect(sent.terms.portalReference == thread.id.bytes)
            #expect(sent.content.expose(for: .evaluating, \.subject) == "An answer from Lakeside Health")
            #expect(try await world.portal.threads(.needsAnswer, requester: world.clinician).threads.isEmpty)
            // Until the delivery leaves it in the portal, the person does not see it.
            guard case .answered(let before) = try await world.portal.read(visit: visit, networkAddress: nil) else {
                Issue.record("the visit is on")
                return
            }
            #expect(before.messages.count == 2)
            let link = try await world.deposit(for: world.ana, .sensitive, delivery: sent.message).link
            let second = try await world.visit(link)
            guard case .answered(let page) = try await world.portal.read(visit: second, networkAddress: nil) else {
                Issue.record("the answer's link must open")
                return
            }
            let authors = page.messages.map { $0.content.expose(for: .disclosing, \.author) }
            #expect(authors == ["Lakeside Health", "", "Dana Reyes, RN"])
            #expect(try await world.auditCount(.threadAnswer) == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what the gate refuses is kept with the conversation still open`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let visit = try await world.visit(try await world.deposit(for: world.ana).link)
            _ = try await world.portal.answer(
                "Hello",
                identifier: world.clock.surroundings.makeIdentifier(),
                visit: visit,
                networkAddress: nil
            )
            let thread = try #require(
                try await world.portal.threads(.needsAnswer, requester: world.clinician).threads.first
            )
            world.delivery.refuse(.addressSuppressed)
            let outcome = try await world.portal.answer(
                thread.id,
                "Hi",
                identifier: world.clock.surroundings.makeIdentifier(),
                author: "Dana",
                sensitivity: .routine,
                requester: world.clinician
            )
            guard case .notSent(_, .addressSuppressed) = outcome else {
                Issue.record("the refusal must be told")
                return
            }
            #expect(try await world.portal.countOfThreadsNeedingAnswer(requester: world.clinician) == 1)
            try await world.portal.mark(thread.id, handled: true, requester: world.clinician)
            #expect(try await world.portal.countOfThreadsNeedingAnswer(requester: world.clinician) == 0)
            let handled = try await world.portal.threads(.handled, requester: world.clinician).threads
            #expect(handled.map(\.id) == [thread.id])
            #expect(try await world.portal.thread(thread.id, requester: world.clinician).messages.count == 3)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the list goes on page by page without a gap`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            for _ in 1...5 {
                let visit = try await world.visit(try await world.deposit(for: world.ana).link)
                _ = try await world.portal.answer(
                    "Hello",
                    identifier: world.clock.surroundings.makeIdentifier(),
                    visit: visit,
                    networkAddress: nil
                )
            }
            var seen: [ThreadID] = []
            var position: ThreadPosition?
            repeat {
                let page = try await world.portal.threads(
                    .needsAnswer,
                    after: position,
                    limit: 2,
                    requester: world.clinician
                )
                seen += page.threads.map(\.id)
                position = page.next
            } while position != nil
            #expect(seen.count == 5)
            #expect(Set(seen).count == 5)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a staff answer whose form is sent twice goes out once`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let visit = try await world.visit(try await world.deposit(for: world.ana).link)
            _ = try await world.portal.answer(
                "Hello",
                identifier: world.clock.surroundings.makeIdentifier(),
                visit: visit,
                networkAddress: nil
            )
            let thread = try #require(
                try await world.portal.threads(.needsAnswer, requester: world.clinician).threads.first
            )
            let identifier: PortalMessageID = world.clock.surroundings.makeIdentifier()
            func send() async throws -> ReplyOutcome {
                try await world.portal.answer(
                    thread.id,
                    "Yes",
                    identifier: identifier,
                    author: "Dana",
                    sensitivity: .routine,
                    requester: world.clinician
                )
            }
            guard case .sent(identifier, _) = try await send() else {
                Issue.record("the first is sent")
                return
            }
            #expect(try await send() == .alreadyKept(identifier))
            #expect(world.delivery.sent.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a person's answer to a restricted message is not shown after the birth date alone`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let routine = try await world.deposit(for: world.ana, .routine).link
            try await world.portal.agreePassphrase(
                Sensitive("seven quiet herons"),
                with: world.ana,
                reason: "At the desk",
                requester: world.clinician
            )
            let restricted = try await world.deposit(for: world.ana, .restricted).link
            let outcome = try await world.portal.recognise(
                .passphrase("seven quiet herons"),
                at: restricted,
                networkAddress: nil
            )
            guard case .recognised(let strong, _) = outcome else {
                Issue.record("the passphrase opens it")
                return
            }
            _ = try await world.portal.answer(
                "About the result",
                identifier: world.clock.surroundings.makeIdentifier(),
                visit: strong,
                networkAddress: nil
            )
            guard
                case .answered(let weak) = try await world.portal.read(
                    visit: try await world.visit(routine),
                    networkAddress: nil
                ),
                case .answered(let full) = try await world.portal.read(visit: strong, networkAddress: nil)
            else {
                Issue.record("both visits are on")
                return
            }
            #expect(!weak.messages.contains { $0.direction == .fromPerson })
            #expect(full.messages.contains { $0.direction == .fromPerson })
        }
    }
}
