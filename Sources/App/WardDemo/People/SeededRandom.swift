// SPDX-License-Identifier: Apache-2.0

/// Repeatable choices: the same seed gives the same people on every machine and with every compiler, so nothing here
/// uses the standard library's ways to draw (Vigna, "splitmix64").
struct SeededRandom: Sendable {
    private var state: UInt64

    /// A stream of its own for each pair.
    init(seed: UInt64, stream: UInt64) {
        state = seed
        state = next() ^ (stream &* 0xD6E8_FEB8_6659_FD93)
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< bound
    mutating func below(_ bound: Int) -> Int { Int((next() >> 33) % UInt64(max(1, bound))) }

    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// True in so many of a thousand draws.
    mutating func perMille(_ share: Int) -> Bool { below(1_000) < share }

    mutating func percent(_ share: Int) -> Bool { below(100) < share }

    /// One of a list that is not empty.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// One of a list by weight; the list is not empty and its weights add up to more than nothing.
    mutating func weighted<Value>(_ values: [(Value, Int)]) -> Value {
        var rest = below(values.reduce(0) { $0 + $1.1 })
        for (value, weight) in values {
            if rest < weight { return value }
            rest -= weight
        }
        return values[0].0
    }
}
