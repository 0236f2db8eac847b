// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@testable import WardDelivery

/// What staff sees of the queue and does with it (reliability catalogue Q7, Q10).
@Suite struct QueueControlTests {
    private func single(
        _ world: DeliveryWorld,
        _ change: (inout MessageTerms) -> Void = { _ in }
    ) throws -> MessageTerms {
        try world.terms {
            $0.campaign = nil
            $0.priority = 1
            change(&$0)
        }
    }

    private func rows(_ world: DeliveryWorld, _ filter: QueueFilter) async throws -> [MessageID] {
        try await world.delivery.queue(filter, by: world.marketer).rows.map(\.summary.id)
    }

    @Test(arguments: TestStore.kinds)
    func `the queue is listed by part, domain, age, campaign and person, in pages`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.standard = .failForNow }
            var ids: [MessageID] = []
            var people: [ContactID] = []
            for number in 0..<5 {
                let person = try await world.makePerson()
                people.append(person)
                let address = try #require(EmailAddress("p@\(number < 2 ? "one" : "two").example"))
                guard
                    case .queued(let id, _) = try await world.send(to: person, try world.terms(), address: address)
                else { throw DeliveryWorld.Unexpected() }
                ids.append(id)
                world.clock.advance(by: .seconds(10))
            }
            try await world.drain()
            var filter = QueueFilter()
            #expect(try await rows(world, filter) == ids)
            let first = try await world.delivery.queue(filter, limit: 2, by: world.marketer)
            #expect(first.rows.map(\.summary.id) == Array(ids[..<2]))
            #expect(first.rows[0].attempts == 1)
            #expect(first.rows[0].nextAttemptAt != nil)
            let second = try await world.delivery.queue(filter, after: first.next, limit: 2, by: world.marketer)
            #expect(second.rows.map(\.summary.id) == Array(ids[2..<4]))
            let third = try await world.delivery.queue(filter, after: second.next, limit: 2, by: world.marketer)
            #expect(third.rows.map(\.summary.id) == Array(ids[4...]))
            #expect(third.next == nil)
            filter.isOldestFirst = false
            #expect(try await rows(world, filter) == ids.reversed())
            let newest = try await world.delivery.queue(filter, limit: 2, by: world.marketer)
            let older = try await world.delivery.queue(filter, after: newest.next, limit: 9, by: world.marketer)
            #expect(older.rows.map(\.summary.id) == ids[..<3].reversed())
            filter = QueueFilter()
            filter.domain = "One.example"
            #expect(try await rows(world, filter) == Array(ids[..<2]))
            filter = QueueFilter()
            filter.olderThan = .seconds(25)
            #expect(try await rows(world, filter) == Array(ids[..<3]))
            filter = QueueFilter()
            filter.recipients = [people[3]]
            #expect(try await rows(world, filter) == [ids[3]])
            filter = QueueFilter()
            filter.campaign = world.clock.surroundings.makeIdentifier()
            #expect(try await rows(world, filter).isEmpty)
            #expect(try await rows(world, QueueFilter(part: .held)).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a held message rests until it is released`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let id = try await world.queued(to: try await world.makePerson(), try single(world))
            #expect(try await world.delivery.hold(id, why: "  ", by: world.marketer) == .reasonMissing)
            #expect(try await world.delivery.hold(id, why: "wrong file", by: world.marketer) == .done)
            #expect(try await world.delivery.hold(id, why: "again", by: world.marketer) == .notPossible(.held))
            world.clock.advance(by: .hours(30))
            try await world.drain()
            #expect(world.transmitter.taken.isEmpty)
            #expect(try await rows(world, QueueFilter(part: .held)) == [id])
            let reason = try await world.delivery.queue(QueueFilter(part: .held), by: world.marketer).rows[0].sentence
            #expect(reason == HoldReason.byStaff.sentence)
            try await world.delivery.release(id, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(try await world.delivery.hold(id, why: "late", by: world.marketer) == .notPossible(.delivered))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `holding and cancelling stop an attempt that has not reached its final dot`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (delivery, marketer) = (world.delivery, world.marketer)
            for order in ["hold", "cancel"] {
                let person = try await world.makePerson()
                let id = try await world.queued(to: person, try single(world))
                world.transmitter.state.withLock {
                    $0.answers = [
                        .runBeforeDot {
                            _ =
                                order == "hold"
                                ? try await delivery.hold(id, why: "stop", by: marketer)
                                : try await delivery.cancel(id, why: "stop", by: marketer)
                        }
                    ]
                }
                try await world.drain()
                #expect(world.transmitter.taken.isEmpty)
                #expect(try await world.standing(of: id) == (order == "hold" ? .held : .cancelled))
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `retrying now does not wait for the schedule`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.answers = [.failForNow] }
            let id = try await world.queued(to: try await world.makePerson(), try single(world))
            try await world.drain()
            #expect(try await world.standing(of: id) == .queued)
            #expect(try await world.delivery.retryNow(id, why: "they fixed it", by: world.marketer) == .done)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(try await world.delivery.retryNow(id, why: "again", by: world.marketer) == .notPossible(.delivered))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message is taken back from the portal until it is opened, with its notice`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let portal = try single(world) { $0.methods = .portalOnly }
            let noticed = try await world.queued(to: try await world.makePerson(), portal)
            try await world.drain()
            #expect(try await world.standing(of: noticed) == .waitingInPortal)
            #expect(try await world.delivery.retract(noticed, why: "wrong person", by: world.marketer) == .done)
            #expect(try await world.standing(of: noticed) == .cancelled)
            #expect(world.portal.state.withLock(\.withdrawn) == [noticed])
            let fresh = try await world.queued(to: try await world.makePerson(), portal)
            _ = try await world.worker.runOnce()
            #expect(try await world.standing(of: fresh) == .noticing)
            let sent = world.transmitter.taken.count
            #expect(try await world.delivery.retract(fresh, why: "wrong person", by: world.marketer) == .done)
            try await world.drain()
            #expect(try await world.standing(of: fresh) == .cancelled)
            #expect(world.transmitter.taken.count == sent)
            let opened = try await world.queued(to: try await world.makePerson(), portal)
            try await world.drain()
            let (delivery, organization) = (world.delivery, world.ground.organization)
            try await world.store.write { try delivery.portalOpened(opened, of: organization, in: $0) }
            #expect(
                try await world.delivery.retract(opened, why: "late", by: world.marketer)
                    == .notPossible(.openedInPortal)
            )
        }
    }

    /// Q10: three days in no time; each notice once.
    @Test(arguments: TestStore.kinds)
    func `the sender is told after four hours, after a day and at the end, once each`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.standard = .failForNow }
            let id = try await world.queued(to: try await world.makePerson(), try single(world))
            let start = id.madeAt
            var told: [SenderNoticeKind: Duration] = [:]
            for _ in 0..<320 {
                try await world.drain()
                for notice in try await world.delivery.senderNotices(by: world.marketer) where told[notice.kind] == nil
                {
                    #expect(notice.message == id)
                    told[notice.kind] = world.clock.now.since(start)
                }
                world.clock.advance(by: .minutes(15))
            }
            #expect(try await world.standing(of: id) == .expired)
            #expect((24...27).contains(world.transmitter.attempts))
            let late = try #require(told[.lateFourHours])
            let day = try #require(told[.lateDay])
            let end = try #require(told[.failed])
            #expect(late >= .hours(4) && late <= .minutes(4 * 60 + 16))
            #expect(day >= .hours(24) && day <= .minutes(24 * 60 + 16))
            #expect(end > .hours(64) && end <= .hours(73))
            #expect(try await world.delivery.senderNotices(by: world.marketer).count == 3)
            try await world.delivery.seeNotices(by: world.marketer)
            #expect(try await world.delivery.senderNotices(by: world.marketer).isEmpty)
        }
    }

    private struct Mailboxes: StaffMailboxes {
        let known: EmailAddress?

        func mailbox(
            of staff: StaffID,
            organization: OrganizationID,
            in tx: any ReadTransaction
        ) throws -> StaffMailbox? {
            known.map { address in
                StaffMailbox(
                    address: address,
                    sender: MailSender(name: "Lakeside Health", address: address),
                    queuePage: "https://ward.lakeside.example/lakeside/queue"
                )
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a sender is to know is mailed to them once, says nothing of the message, and is followed by no more`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            world.transmitter.state.withLock { $0.standard = .failForNow }
            let person = try await world.makePerson()
            let content = ComposedContent(subject: "SECRETSUBJECT", text: "SECRETTEXT")
            let address = try DeliveryWorld.address()
            let outcome = try await world.delivery.send(
                Sensitive(content),
                terms: try single(world),
                to: .contact(person),
                at: address,
                by: world.marketer
            )
            guard case .queued(let id, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let mailboxes = Mailboxes(known: EmailAddress("dana@staff.example"))
            func mailed() async throws -> Int {
                try await world.delivery.mailNotices(of: world.ground.organization, to: mailboxes) { Issue.record($0) }
            }
            for _ in 0..<18 {
                try await world.drain()
                world.clock.advance(by: .minutes(15))
            }
            #expect(try await mailed() == 1)
            #expect(try await mailed() == 0)
            world.transmitter.state.withLock { $0.standard = .accept }
            try await world.drain()
            let mails = world.transmitter.taken.map { String(decoding: $0.bytes, as: UTF8.self) }
            let notice = try #require(mails.first { $0.contains("A message is not delivered yet") })
            #expect(notice.contains("\(id)") && notice.contains("https://ward.lakeside.example/lakeside/queue"))
            #expect(!notice.contains("SECRET"))
            world.clock.advance(by: .hours(4))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            world.clock.advance(by: .hours(90))
            #expect(try await mailed() == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a notice whose sender has no mailbox stays on the page alone`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            world.transmitter.state.withLock { $0.standard = .refuse(.policy) }
            _ = try await world.queued(to: try await world.makePerson(), try single(world))
            try await world.drain()
            let nobody = Mailboxes(known: nil)
            let mailed = try await world.delivery.mailNotices(of: world.ground.organization, to: nobody) {
                Issue.record($0)
            }
            #expect(mailed == 0)
            #expect(try await world.delivery.senderNotices(by: world.marketer).map(\.kind) == [.failed])
        }
    }

    /// Fails for one author, and knows every other one.
    private struct BrokenMailbox: StaffMailboxes {
        struct Broken: Error {}
        let author: StaffID
        let others: Mailboxes

        func mailbox(
            of staff: StaffID,
            organization: OrganizationID,
            in tx: any ReadTransaction
        ) throws -> StaffMailbox? {
            if staff == author { throw Broken() }
            return try others.mailbox(of: staff, organization: organization, in: tx)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a notice that cannot be mailed holds up no other, and is tried again`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            world.transmitter.state.withLock { $0.standard = .refuse(.policy) }
            let unlucky = try #require(StaffID(bytes: world.marketer.identifier))
            for author in [world.marketer, TestRequester.with(roles: [.marketer], of: world.ground.organization)] {
                _ = try await world.delivery.send(
                    Sensitive(ComposedContent(subject: "Note", text: "Text")),
                    terms: try single(world),
                    to: .contact(try await world.makePerson()),
                    at: try DeliveryWorld.address(),
                    by: author
                )
            }
            try await world.drain()
            let known = Mailboxes(known: EmailAddress("dana@staff.example"))
            let broken = BrokenMailbox(author: unlucky, others: known)
            let failures = Mutex(0)
            for round in 1...2 {
                let mailed = try await world.delivery.mailNotices(of: world.ground.organization, to: broken) { _ in
                    failures.withLock { $0 += 1 }
                }
                #expect(mailed == (round == 1 ? 1 : 0))
                #expect(failures.withLock(\.self) == round)
            }
            let later = try await world.delivery.mailNotices(of: world.ground.organization, to: known) {
                Issue.record($0)
            }
            #expect(later == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `nobody is told about what arrives in time, nor about campaigns`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.answers = [.failForNow, .refuse(.policy)] }
            _ = try await world.queued(to: try await world.makePerson(), try single(world))
            try await world.drain()
            _ = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            world.clock.advance(by: .hours(5))
            try await world.drain()
            #expect(try await world.delivery.senderNotices(by: world.marketer).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a time-critical message goes to the portal after an hour of attempts`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.answers = Array(repeating: .failForNow, count: 12) }
            let id = try await world.queued(
                to: try await world.makePerson(),
                try single(world) { $0.isTimeCritical = true }
            )
            let ordinary = try await world.queued(to: try await world.makePerson(), try single(world))
            var minutes = 0
            while try await world.standing(of: id) == .queued, minutes < 100 {
                world.clock.advance(by: .minutes(1))
                minutes += 1
                _ = try await world.worker.runOnce()
            }
            #expect((60...61).contains(minutes))
            #expect(try await world.standing(of: id) == .noticing)
            #expect(world.portal.deposited == [id])
            #expect(try await world.standing(of: ordinary) == .queued)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `work that was given up shows with its reason`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            _ = try await world.queued(to: try await world.makePerson(), try single(world))
            let queue = world.delivery.queue
            let items = try await queue.claimAcrossOrganizations(
                [.deliveryAttempt],
                limit: 1,
                lease: .seconds(9),
                owner: [1],
                from: world.store
            )
            let item = try #require(items.first)
            try await world.store.write { try queue.park(item, reason: "test.parked", in: $0) }
            let parked = try await world.delivery.parkedWork(by: world.marketer)
            #expect(parked.map(\.reason) == ["test.parked"])
            #expect(parked.map(\.kind) == ["delivery.attempt"])
            let counts = try await world.store.read { try Queue.parkedCountsAcrossOrganizations(in: $0) }
            #expect(counts == [.deliveryAttempt: 1])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `who may not send orders nothing, and who sees no messages sees no queue`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let id = try await world.queued(to: try await world.makePerson(), try single(world))
            let nobody = TestRequester.with(roles: [], of: world.ground.organization)
            await #expect(throws: AccessDenied.self) {
                _ = try await world.delivery.hold(id, why: "x", by: nobody)
            }
            await #expect(throws: AccessDenied.self) {
                _ = try await world.delivery.queue(QueueFilter(), by: nobody)
            }
        }
    }
}
