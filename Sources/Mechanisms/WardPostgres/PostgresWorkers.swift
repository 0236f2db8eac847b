// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardStorage

/// One closure that reads or writes.
typealias PostgresJob = TransactionJob<PostgresTransaction>

/// Threads with a connection each, which take jobs from one list.
final class PostgresWorkers: @unchecked Sendable {
    // SAFETY: the variables are read and written only while `condition` is locked; everything else is constant. Connections live in the threads' own stacks and never leave them.

    /// What a thread does with the jobs it took.
    typealias Round = @Sendable (_ jobs: [PostgresJob], _ connection: inout PostgresConnection?) -> Void

    private let condition = NSCondition()
    private var waiting: [PostgresJob] = []
    private var isClosing = false
    private var running: Int
    private var whenEnded: [CheckedContinuation<Void, Never>] = []
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

    /// How many closures no thread has taken yet.
    var waitingCount: Int { condition.withLock { waiting.count } }

    /// Lets the threads finish what waits and end; returns when the last has ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let hasEnded = condition.withLock {
                isClosing = true
                condition.broadcast()
                if running > 0 { whenEnded.append(continuation) }
                return running == 0
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func loop(_ round: Round) {
        var connection: PostgresConnection?
        while let jobs = take() { round(jobs, &connection) }
        connection = nil
        let ended = condition.withLock {
            running -= 1
            guard running == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { whenEnded = [] }
            return whenEnded
        }
        for continuation in ended { continuation.resume() }
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
