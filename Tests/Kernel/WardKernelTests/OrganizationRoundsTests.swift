// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel

/// Work for every organization, one failing.
@Suite struct OrganizationRoundsTests {
    private struct Refusal: Error {}

    private final class Record: Sendable {
        let done = Mutex<[OrganizationID]>([])
        let failures = Mutex(0)
        let waits = Mutex<[Duration]>([])
    }

    private let organizations = (1...3).map { OrganizationID(high: 0, low: $0) }

    private func rounds(_ record: Record, failing: OrganizationID?, endAfter last: Int = 1) -> OrganizationRounds {
        OrganizationRounds(
            every: .minutes(7),
            Surroundings(
                now: { Timestamp(microseconds: 0) },
                randomBytes: { [UInt8](repeating: 0, count: $0) },
                wait: { pause in
                    let count = record.waits.withLock { waits in
                        waits.append(pause)
                        return waits.count
                    }
                    if count >= last { throw CancellationError() }
                }
            ),
            organizations: { [organizations] in organizations },
            failed: { _ in record.failures.withLock { $0 += 1 } },
            work: { organization in
                if organization == failing { throw Refusal() }
                record.done.withLock { $0.append(organization) }
            }
        )
    }

    @Test func `what fails for one organization holds up no other`() async throws {
        let record = Record()
        try await rounds(record, failing: organizations[0]).round()
        #expect(record.done.withLock(\.self) == [organizations[1], organizations[2]])
        #expect(record.failures.withLock(\.self) == 1)
    }

    @Test func `rounds follow each other after the pause until they are cancelled`() async throws {
        let record = Record()
        try await rounds(record, failing: nil, endAfter: 3).run()
        #expect(record.done.withLock(\.count) == 9)
        #expect(record.waits.withLock(\.self) == [.minutes(7), .minutes(7), .minutes(7)])
    }

    @Test func `a list of organizations that cannot be read is reported and tried again`() async throws {
        let record = Record()
        let rounds = OrganizationRounds(
            every: .seconds(1),
            .machine,
            organizations: { throw Refusal() },
            failed: { _ in record.failures.withLock { $0 += 1 } },
            work: { _ in }
        )
        try await rounds.round()
        #expect(record.failures.withLock(\.self) == 1)
    }
}
