// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// When epochs turn.
package struct EpochSchedule: Hashable, Sendable {
    /// From the oldest erasure until a new epoch begins, so that one turn serves several.
    package var gathering: Duration
    /// From the beginning of an epoch until the old key is destroyed: longer than the longest transaction, which may still
    /// wrap a key under the old epoch.
    package var settling: Duration
    /// Between two looks.
    package var pause: Duration

    /// 24 hours from an erasure to the old key's end is what is promised: 20 hours and a half leave room for a stand-still.
    package init(gathering: Duration = .hours(20), settling: Duration = .minutes(30), pause: Duration = .minutes(10)) {
        self.gathering = gathering
        self.settling = settling
        self.pause = pause
    }
}

/// What is to be done about epochs now: a value without I/O.
struct EpochTurn: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case rest
        /// Begin an epoch, or go on with one: wrap the living anew.
        case rewrap
        /// Wrap anew whoever was wrapped under the old epoch meanwhile, and destroy its key.
        case destroyOld
    }

    let schedule: EpochSchedule
    /// When this process saw the running turn first. After a start it counts anew: no transaction is older than the start.
    private var seenAt: Timestamp?

    init(schedule: EpochSchedule) { self.schedule = schedule }

    /// - Parameters:
    ///   - epochs: how many epoch keys there are; more than one while a turn is under way.
    ///   - oldestErasure: of those whose epoch key is still here.
    mutating func next(epochs: Int, oldestErasure: Timestamp?, at now: Timestamp) -> Step {
        if epochs > 1 {
            guard let seenAt else {
                self.seenAt = now
                return .rewrap
            }
            return now.since(seenAt) >= schedule.settling ? .destroyOld : .rest
        }
        seenAt = nil
        guard let oldestErasure, now.since(oldestErasure) >= schedule.gathering else { return .rest }
        seenAt = now
        return .rewrap
    }
}
