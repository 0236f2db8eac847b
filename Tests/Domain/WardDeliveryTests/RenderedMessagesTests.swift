// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel

@testable import WardDelivery

/// What is put together ahead of the attempts.
@Suite struct RenderedMessagesTests {
    private static let size = 1 << 20

    private func filled(_ rendered: RenderedMessages, with count: Int) -> [MessageID] {
        (0..<count).map { number in
            let id = MessageID(high: 1, low: UInt64(number))
            rendered.keep(
                OutgoingOctets([UInt8](repeating: 0, count: Self.size)),
                of: id,
                at: Timestamp(microseconds: 0)
            )
            return id
        }
    }

    /// - Parameter look: what happens at each look, by its number from 1.
    private func surroundings(_ looks: Looks, _ look: @escaping @Sendable (Int) -> Void) -> Surroundings {
        Surroundings(
            now: { Timestamp(microseconds: 0) },
            randomBytes: { [UInt8](repeating: 0, count: $0) },
            wait: { _ in
                look(
                    looks.count.withLock { count in
                        count += 1
                        return count
                    }
                )
            }
        )
    }

    private final class Looks: Sendable {
        let count = Mutex(0)
    }

    @Test func `a campaign waits while the attempts take what is ready, and no longer`() async throws {
        let (rendered, looks) = (RenderedMessages(), Looks())
        let ids = filled(rendered, with: 9)
        try await rendered.waitWhileAmple(surroundings(looks) { look in _ = rendered.take(ids[look - 1]) })
        #expect(rendered.octets == RenderedMessages.ample)
        #expect(looks.count.withLock(\.self) == 9 - RenderedMessages.ample / Self.size)
    }

    @Test func `attempts that stand still hold up nobody`() async throws {
        let (rendered, looks) = (RenderedMessages(), Looks())
        _ = filled(rendered, with: 9)
        try await rendered.waitWhileAmple(surroundings(looks) { _ in })
        #expect(looks.count.withLock(\.self) == 25)
    }

    @Test func `slow attempts hold up nobody for longer than some seconds`() async throws {
        let (rendered, looks) = (RenderedMessages(), Looks())
        let ids = filled(rendered, with: 31)
        try await rendered.waitWhileAmple(
            surroundings(looks) { look in
                if look % 24 == 0, look / 24 <= ids.count { rendered.drop(ids[look / 24 - 1]) }
            }
        )
        #expect(looks.count.withLock(\.self) == 500)
    }

    @Test func `little that is ready is not waited for`() async throws {
        let (rendered, looks) = (RenderedMessages(), Looks())
        _ = filled(rendered, with: RenderedMessages.ample / Self.size)
        try await rendered.waitWhileAmple(surroundings(looks) { _ in Issue.record("must not wait") })
        #expect(looks.count.withLock(\.self) == 0)
    }
}
