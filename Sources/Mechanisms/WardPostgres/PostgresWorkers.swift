// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardStorage

/// One closure that waits for its transaction, and who waits for its answer.
struct PostgresJob: Sendable {
    /// Runs the closure and keeps its result; called again when the transaction has to be repeated.
    let run: @Sendable (PostgresTransaction) throws -> Void
    /// Gives the kept result, or the error, to who waits. Called once.
    let complete: @Sendable ((any Error)?) -> Void
}

/// Threads with a connection each, which take jobs from one list.
final class PostgresWorkers: @unchecked Sendable {
    // SAFETY: `waiting`, `isClosing` and `running` are read and written only while `condition` is locked; everything else
    // is constant. Connections live in the threads' own stacks and never leave them.

    /// What a thread does with the jobs it took.
    typealias Round = @Sendable (_ jobs: [PostgresJob], _ connection: inout PostgresConnection?) -> Void

    private let condition = NSCondition()
    private var waiting: [PostgresJob] = []
    private var isClosing = false
    private var running: Int
    private let groupLimit: Int

    init(name: String, threads: Int, groupLimit: Int, round: @escaping Round) {
        self.groupLimit = groupLimit
        running = threads
        for number in 1...threads {
            let thread = Thread { [self] in loop(round) }
            thread.name = "\(name) \(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    func submit(_ job: PostgresJob) {
        condition.lock()
        let isClosing = isClosing
        if !isClosing {
            waiting.append(job)
            condition.signal()
        }
        condition.unlock()
        if isClosing { job.complete(StoreError(code: .closed, detail: "postgres")) }
    }

    /// Lets the threads finish what waits and end; returns when the last has ended.
    func close() {
        condition.lock()
        isClosing = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        condition.unlock()
    }

    private func loop(_ round: Round) {
        var connection: PostgresConnection?
        while let jobs = take() { round(jobs, &connection) }
        connection = nil
        condition.lock()
        running -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func take() -> [PostgresJob]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty && !isClosing { condition.wait() }
        if waiting.isEmpty { return nil }
        let jobs = Array(waiting.prefix(groupLimit))
        waiting.removeFirst(jobs.count)
        return jobs
    }
}
