// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

@testable import WardServer

@Suite struct UnusedMemoryTests {
    /// Octets of this process in memory.
    private static func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return pages * Int(getpagesize())
    }

    @Test func `what a big job leaves unused goes back to the system`() throws {
        let pieces = (0..<100_000).map { _ -> UnsafeMutableRawPointer? in
            let piece = malloc(1_000)
            piece?.initializeMemory(as: UInt8.self, repeating: 1, count: 1_000)
            return piece
        }
        // The last stays, so that the others do not lie at the arena's end, where they would go back by themselves.
        for piece in pieces.dropLast() { free(piece) }
        let before = try Self.resident()
        let unused = try #require(UnusedMemory.giveBack())
        #expect(unused > 64 << 20)
        #expect(try Self.resident() < before - (48 << 20))
        free(pieces[pieces.count - 1])
    }
}
