// SPDX-License-Identifier: Apache-2.0
//
// Texts by number: all bytes in one array, an offset each, and an open-addressing table from hash to number. A text
// costs its bytes and about twelve more, whether it occurs once or a million times. Number 0 is the empty text, which
// stands for a missing value.

/// Each text once, by number.
struct TextDictionary: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = [0]
    /// Number + 1 at the place of its hash, 0 where free; a power of two long and at most half full.
    private var table = [UInt32](repeating: 0, count: 16)

    /// How many numbers there are.
    var count: Int { ends.count }

    /// Bytes of memory, about.
    var footprint: Int { bytes.capacity + 4 * ends.capacity + 4 * table.capacity }

    /// The number of a text, new when it has not been seen.
    mutating func number(of text: String) -> UInt32 {
        guard !text.isEmpty else { return 0 }
        var text = text
        return text.withUTF8 { number(of: $0) }
    }

    /// The number of a text that has one.
    func existing(_ text: String) -> UInt32? {
        guard !text.isEmpty else { return 0 }
        var text = text
        return text.withUTF8 { text in
            let found = table[place(of: text)]
            return found == 0 ? nil : found - 1
        }
    }

    /// Whether the test, which is not about absence, holds for each number's text; never for the empty text.
    func passes(_ test: FieldTest, fold: (String) -> String) -> [Bool] {
        switch test {
        case .compare(.equal, .text(let text)): return only([fold(text)], are: true)
        case .compare(.notEqual, .text(let text)): return only([fold(text)], are: false)
        case .oneOf(let values):
            return only(values.compactMap { if case .text(let text) = $0 { fold(text) } else { nil } }, are: true)
        case .contains(let text):
            let part = Array(fold(text).utf8)
            return (0..<count).map { number in number > 0 && ValueMatching.contains(slice(number), part) }
        case .startsWith(let text):
            let part = Array(fold(text).utf8)
            return (0..<count).map { number in number > 0 && slice(number).starts(with: part) }
        default: return [Bool](repeating: false, count: count)
        }
    }

    private func only(_ texts: [String], are value: Bool) -> [Bool] {
        var passes = [Bool](repeating: !value, count: count)
        for text in texts { if let number = existing(text) { passes[Int(number)] = value } }
        passes[0] = false
        return passes
    }

    private func slice(_ number: Int) -> ArraySlice<UInt8> { bytes[Int(ends[number - 1])..<Int(ends[number])] }

    func text(_ number: Int) -> String {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return String(decoding: bytes[start..<Int(ends[number])], as: UTF8.self)
    }

    private mutating func number(of text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let found = table[place(of: text)]
        if found != 0 { return found - 1 }
        if (ends.count + 1) * 2 > table.count { grow() }
        let number = UInt32(ends.count)
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
        table[place(of: text)] = number + 1
        return number
    }

    private mutating func grow() {
        let old = table
        table = [UInt32](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 {
            let number = Int(entry - 1)
            let free = bytes.withUnsafeBufferPointer { all in
                place(of: UnsafeBufferPointer(rebasing: all[Int(ends[number - 1])..<Int(ends[number])]))
            }
            table[free] = entry
        }
    }

    /// Where the text stands in the table, or the free place where it would.
    private func place(of text: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(text))
        let mask = table.count - 1
        var place = hasher.finalize() & mask
        while table[place] != 0, !isEqual(Int(table[place] - 1), text) { place = (place + 1) & mask }
        return place
    }

    private func isEqual(_ number: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        let end = Int(ends[number])
        guard end - start == text.count else { return false }
        for place in 0..<text.count where bytes[start + place] != text[place] { return false }
        return true
    }
}
