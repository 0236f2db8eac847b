// SPDX-License-Identifier: Apache-2.0

import GRDB
import Synchronization
import WardStorage

// Group commit
//
// Closures wait in a list. The writing thread takes up to 256 and runs them in one transaction:
//
//     BEGIN IMMEDIATE  { SAVEPOINT w  closure  RELEASE w | ROLLBACK TO w, RELEASE w } …  COMMIT
//
// There is no timer: while one group is synced, the next one gathers. A closure that throws rolls back alone. After each
// closure the transaction must still be open (SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM and some SQLITE_BUSY end it by
// themselves) and leave no foreign key unsatisfied. What ends the group makes each closure run again in a transaction of
// its own. Results are given out after the COMMIT. When the sync of a COMMIT fails, nobody can know what is on the disk:
// the group's outcome is unknown and the store takes no further writes until the program was started again.

/// One closure that writes.
typealias SQLiteJob = TransactionJob<SQLiteTransaction>

/// The one thread that writes, and the closures that wait for it.
final class SQLiteWriter: Sendable {
    static let groupLimit = 256

    private struct State {
        var waiting: [SQLiteJob] = []
        /// A round is on its way to the writing thread.
        var isDraining = false
        /// Why nothing is taken any more.
        var refusal: StoreError?
    }

    private let pool: DatabasePool
    private let state = Mutex(State())

    init(_ pool: DatabasePool) { self.pool = pool }

    /// How many closures no round has taken yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func submit(_ job: SQLiteJob) {
        let (refusal, starts) = state.withLock { state -> (StoreError?, Bool) in
            if let refusal = state.refusal { return (refusal, false) }
            state.waiting.append(job)
            let starts = !state.isDraining
            state.isDraining = true
            return (nil, starts)
        }
        if let refusal { job.complete(refusal) }
        if starts { pool.asyncWriteWithoutTransaction { self.round($0) } }
    }

    func submitAlone(_ job: SQLiteJob) {
        if let refusal = state.withLock({ $0.refusal }) {
            job.complete(refusal)
            return
        }
        pool.asyncWriteWithoutTransaction { self.single(job, $0) }
    }

    /// Lets everything that waits finish and takes nothing more.
    func close() async {
        let closed = StoreError(code: .closed, detail: "sqlite")
        // The list is worked off in order, so when this job is done all others are. An error in it changes nothing.
        _ = try? await SQLiteJob.result(of: { _ in }) { submit($0) }
        state.withLock { $0.refusal = closed }
    }

    private func round(_ database: Database) {
        let jobs = state.withLock { state in
            let jobs = Array(state.waiting.prefix(Self.groupLimit))
            state.waiting.removeFirst(jobs.count)
            return jobs
        }
        group(jobs, database)
        let isEmpty = state.withLock { state in
            state.isDraining = !state.waiting.isEmpty
            return state.waiting.isEmpty
        }
        // Through the queue again, so that long transactions have their turn.
        if !isEmpty { pool.asyncWriteWithoutTransaction { self.round($0) } }
    }

    private func group(_ jobs: [SQLiteJob], _ database: Database) {
        guard jobs.count > 1 else {
            for job in jobs { single(job, database) }
            return
        }
        let transaction = SQLiteTransaction(database)
        do {
            let failures = try commitTogether(jobs, transaction)
            for (job, failure) in zip(jobs, failures) { job.complete(failure) }
        } catch {
            abandon(transaction)
            if let unknown = unknownOutcome(error) {
                for job in jobs { job.complete(unknown) }
            } else {
                for job in jobs { single(job, database) }
            }
        }
    }

    private func commitTogether(
        _ jobs: [SQLiteJob],
        _ transaction: SQLiteTransaction
    ) throws -> [(any Error)?] {
        var failures: [(any Error)?] = []
        try transaction.control(.begin)
        for job in jobs {
            try transaction.control(.savepoint)
            do {
                try run(job, transaction)
                try transaction.control(.release)
                failures.append(nil)
            } catch {
                guard try transaction.isOpen else { throw error }
                try transaction.control(.rollbackTo)
                try transaction.control(.release)
                transaction.recovered()
                failures.append(error)
            }
        }
        try transaction.control(.commit)
        return failures
    }

    private func single(_ job: SQLiteJob, _ database: Database) {
        if let refusal = state.withLock({ $0.refusal }), refusal.code != .closed {
            job.complete(refusal)
            return
        }
        let transaction = SQLiteTransaction(database)
        do {
            try transaction.control(.begin)
            try run(job, transaction)
            try transaction.control(.commit)
            job.complete(nil)
        } catch {
            abandon(transaction)
            job.complete(unknownOutcome(error) ?? error)
        }
    }

    private func run(_ job: SQLiteJob, _ transaction: SQLiteTransaction) throws {
        try job.run(transaction)
        if let swallowed = transaction.failure { throw swallowed }
        guard try transaction.isOpen else {
            throw StoreError(code: .statement, detail: "a closure ended the transaction")
        }
        if try transaction.leavesForeignKeyOpen {
            throw StoreError(
                code: .constraint,
                detail: "a foreign key is left unsatisfied at the end of a closure",
                constraint: .foreignKey
            )
        }
    }

    private func abandon(_ transaction: SQLiteTransaction) {
        // A rollback fails only when nothing is open; the next BEGIN would say so if it were otherwise.
        if (try? transaction.isOpen) == true { try? transaction.control(.rollback) }
    }

    /// After a sync that failed: says that the outcome is unknown, and stops.
    private func unknownOutcome(_ error: any Error) -> StoreError? {
        guard let error = error as? StoreError, error.isLostSync else { return nil }
        let stopped = StoreError(code: .unavailable, detail: "a sync to disk failed; check the disk and start again")
        state.withLock { $0.refusal = $0.refusal ?? stopped }
        return StoreError(code: .outcomeUnknown, detail: error.detail)
    }
}
