// SPDX-License-Identifier: Apache-2.0
//
// glibc makes an arena for each thread, up to eight for each processor, and keeps in it what was freed. The store's readers, the
// writer and the processor threads take turns at big jobs: after the import and the preflight of a campaign to a million people,
// 220 MiB of 570 lay unused in them. So arenas are few, and what lies unused goes back.

import CAllocator
import Foundation
import WardKernel

package enum UnusedMemory {
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

    /// Two arenas for each processor: more threads than that do not work at the same time. To be called first in `main`, since
    /// threads keep the arenas that they have; where glibc refuses, it keeps its own number.
    package static func limitArenas() {
        _ = ward_limit_arenas(Int32(clamping: ProcessInfo.processInfo.activeProcessorCount * 2))
    }
}
