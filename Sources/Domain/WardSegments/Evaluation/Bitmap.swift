// SPDX-License-Identifier: Apache-2.0

/// A set of ordinals, one bit each.
struct Bitmap: Hashable, Sendable {
    private(set) var words: [UInt64]

    /// No ordinal, with room for those below `count`.
    init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

    /// The ordinals below `count` for which the test holds.
    init(count: Int, where holds: (Int) -> Bool) {
        self.init(count: count)
        for word in words.indices {
            let first = word * 64
            var bits: UInt64 = 0
            for bit in 0..<min(64, count - first) where holds(first + bit) { bits |= 1 << UInt64(bit) }
            words[word] = bits
        }
    }

    subscript(_ ordinal: Int) -> Bool {
        get {
            let word = ordinal >> 6
            return word < words.count && words[word] & (1 << UInt64(ordinal & 63)) != 0
        }
        set {
            let word = ordinal >> 6
            if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
            if newValue {
                words[word] |= 1 << UInt64(ordinal & 63)
            } else {
                words[word] &= ~(1 << UInt64(ordinal & 63))
            }
        }
    }

    /// How many ordinals are in the set.
    var population: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    mutating func formIntersection(_ other: Bitmap) {
        for word in words.indices { words[word] &= word < other.words.count ? other.words[word] : 0 }
    }

    mutating func formUnion(_ other: Bitmap) {
        for word in other.words.indices where word < words.count { words[word] |= other.words[word] }
    }

    mutating func subtract(_ other: Bitmap) {
        for word in other.words.indices where word < words.count { words[word] &= ~other.words[word] }
    }

    /// The ordinals in ascending order, until `body` answers false.
    func forEach(_ body: (Int) throws -> Bool) rethrows {
        for (index, word) in words.enumerated() where word != 0 {
            var rest = word
            while rest != 0 {
                guard try body(index * 64 + rest.trailingZeroBitCount) else { return }
                rest &= rest - 1
            }
        }
    }
}
