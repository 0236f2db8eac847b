// SPDX-License-Identifier: Apache-2.0

/// How many stores the tests of one process have open at a time: a PostgreSQL store has ten connections, and hundreds of
/// tests start at once.
actor StorePlaces {
    static let shared = StorePlaces(10)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ free: Int) { self.free = free }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
