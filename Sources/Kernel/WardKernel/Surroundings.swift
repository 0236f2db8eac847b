// SPDX-License-Identifier: Apache-2.0

/// Time, randomness and identifiers, given from outside (invariant I10), so that a test runs a year in a second.
package struct Surroundings: Sendable {
    /// The wall clock.
    package var now: @Sendable () -> Timestamp
    /// So many bytes from a cryptographically secure source.
    package var randomBytes: @Sendable (Int) -> [UInt8]
    /// Waits at least so long, or throws `CancellationError` when the task is cancelled.
    package var wait: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp,
        randomBytes: @escaping @Sendable (Int) -> [UInt8],
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.wait = wait
    }

    /// The machine's own clock and random source.
    package static let machine = Surroundings(
        now: { Timestamp(microseconds: MachineClock.microsecondsSince1970()) },
        randomBytes: { MachineRandomness.bytes($0) },
        wait: { try await Task.sleep(for: $0) }
    )

    /// A new UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits.
    package func makeIdentifier<Tag>(_ kind: Tag.Type = Tag.self) -> Identifier<Tag> {
        let milliseconds = UInt64(max(0, now().microseconds / 1_000))
        let random = randomBytes(10)
        func word(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let high = (milliseconds << 16) | 0x7000 | (word(random[0..<2]) & 0x0fff)
        let low = (word(random[2..<10]) & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
        return Identifier(high: high, low: low)
    }
}
