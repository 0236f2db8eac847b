// SPDX-License-Identifier: Apache-2.0
//
// glibc makes an arena for each thread, up to eight for each processor, and keeps in it what was freed. The store's readers, the
// writer and the processor threads take turns at big jobs (an import, the preflight of a campaign to a million people), and after
// these each arena held some 60 MiB that nobody used: 480 MiB in all. So arenas are few, and what lies unused goes back.

import CAllocator
import WardKernel

enum UnusedMemory {
    /// What may lie unused, ready for the next job.
    static let tolerated = 32 << 20
    static let pause = Duration.seconds(15)

    /// Looks after it until it is cancelled.
    static func run(_ surroundings: Surroundings) async throws {
        while true {
            try await surroundings.wait(pause)
            giveBack()
        }
    }

    /// - Returns: octets that lay unused before, where they were too many.
    @discardableResult
    static func giveBack() -> Int? {
        let unused = Int(clamping: ward_unused_memory())
        guard unused > tolerated else { return nil }
        _ = ward_return_unused_memory()
        return unused
    }

    /// Two arenas for each processor: more threads than that do not work at the same time. To be called before there are
    /// threads; where glibc refuses, it keeps its own number.
    static func limitArenas(processors: Int) { _ = ward_limit_arenas(Int32(clamping: max(1, processors) * 2)) }
}
