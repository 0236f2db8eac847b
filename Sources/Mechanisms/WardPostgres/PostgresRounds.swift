// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardStorage

// Group commit
//
// A writer takes up to 64 waiting closures and runs them in one transaction, each in a savepoint of its own:
//
//     BEGIN  { SAVEPOINT w  closure  RELEASE w | ROLLBACK TO w, RELEASE w } …  COMMIT
//
// A closure that throws rolls back alone and its error goes to who called. Results are given out after the COMMIT. What
// ends the whole transaction (a lost connection before the COMMIT was sent) makes each closure run again in a transaction
// of its own. A group that does not serialize with others is first repeated as a group, while no other writer of the
// process runs (`PostgresTurns`). When the connection is lost at COMMIT, nobody can know: `outcomeUnknown`.
// COMMIT of a failed transaction answers ROLLBACK without an error, so its tag is read.

/// Transactions on one connection of a thread.
struct PostgresRounds: Sendable {
    private static let attempts = 30

    let address: String
    /// Shared by everything that writes; nil for readers, who are in nobody's way.
    let turns: PostgresTurns?

    /// Several closures, one COMMIT.
    func group(_ jobs: [PostgresJob], _ connection: inout PostgresConnection?) {
        guard jobs.count > 1 else {
            for job in jobs { single(job, begin: Self.beginWrite, &connection) }
            return
        }
        let open: PostgresConnection
        do {
            open = try connected(&connection)
        } catch {
            for job in jobs { job.complete(error) }
            return
        }
        do {
            let failures = try commitInTurn(jobs, on: open)
            for (job, failure) in zip(jobs, failures) { job.complete(failure) }
        } catch let error as StoreError where error.code == .outcomeUnknown {
            connection = nil
            for job in jobs { job.complete(error) }
        } catch {
            abandon(&connection)
            for job in jobs { single(job, begin: Self.beginWrite, &connection) }
        }
    }

    /// Beside other writers; when it does not serialize with them, once more alone.
    private func commitInTurn(_ jobs: [PostgresJob], on connection: PostgresConnection) throws -> [(any Error)?] {
        guard let turns else { return try commitTogether(jobs, on: connection) }
        do {
            return try turns.together { try commitTogether(jobs, on: connection) }
        } catch let error as StoreError where error.code == .serialization {
            try connection.roundTrip(controls: ["ROLLBACK"])
            return try turns.alone { try commitTogether(jobs, on: connection) }
        }
    }

    /// One closure in a transaction of its own, repeated when others interfere, and once when the connection turns out to
    /// have been lost before the COMMIT was sent. What the closure itself throws is not repeated.
    func single(_ job: PostgresJob, begin: String, _ connection: inout PostgresConnection?) {
        for attempt in 1...Self.attempts {
            let isOver =
                if let turns {
                    attempt == 1
                        ? turns.together { attemptSingle(job, begin: begin, attempt, &connection) }
                        : turns.alone { attemptSingle(job, begin: begin, attempt, &connection) }
                } else {
                    attemptSingle(job, begin: begin, attempt, &connection)
                }
            if isOver { return }
            // Another node's transaction that collided must not collide again at once.
            Thread.sleep(forTimeInterval: Double.random(in: 0...0.002) * Double(attempt - 1))
        }
    }

    /// False when the closure is to be repeated.
    private func attemptSingle(
        _ job: PostgresJob,
        begin: String,
        _ attempt: Int,
        _ connection: inout PostgresConnection?
    ) -> Bool {
        var transaction: PostgresTransaction?
        do {
            let open = try connected(&connection)
            let started = PostgresTransaction(open, pending: [begin])
            transaction = started
            try job.run(started)
            if let swallowed = started.failure { throw swallowed }
            try finish(started, on: open)
            job.complete(nil)
            return true
        } catch {
            abandon(&connection)
            guard attempt < Self.attempts, let failure = transaction?.failure,
                failure.code == .serialization || failure.code == .unavailable && attempt == 1,
                (error as? StoreError)?.code != .outcomeUnknown
            else {
                job.complete(error)
                return true
            }
            return false
        }
    }

    static let beginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    static let beginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    private func connected(_ connection: inout PostgresConnection?) throws -> PostgresConnection {
        if let connection, !connection.isBroken { return connection }
        let fresh = try PostgresConnection(address, readsRelationsWhole: turns == nil)
        connection = fresh
        return fresh
    }

    /// Ends whatever transaction is open; a connection that cannot do that is given up.
    private func abandon(_ connection: inout PostgresConnection?) {
        guard let open = connection else { return }
        if open.isBroken {
            connection = nil
            return
        }
        do {
            try open.roundTrip(controls: ["ROLLBACK"])
        } catch {
            connection = nil
        }
    }

    private func commitTogether(_ jobs: [PostgresJob], on connection: PostgresConnection) throws -> [(any Error)?] {
        let transaction = PostgresTransaction(connection, pending: [Self.beginWrite])
        var failures: [(any Error)?] = []
        for job in jobs {
            transaction.pending.append("SAVEPOINT w")
            do {
                try job.run(transaction)
                if let swallowed = transaction.failure { throw swallowed }
                transaction.pending.append("RELEASE SAVEPOINT w")
                failures.append(nil)
            } catch {
                if let failure = transaction.groupFailure { throw failure }
                if let failure = transaction.failure, Self.endsTheGroup(failure) { throw failure }
                if transaction.pending.last == "SAVEPOINT w" {
                    transaction.pending.removeLast()
                } else {
                    transaction.pending += ["ROLLBACK TO SAVEPOINT w", "RELEASE SAVEPOINT w"]
                }
                transaction.recovered()
                failures.append(error)
            }
        }
        try finish(transaction, on: connection)
        return failures
    }

    private static func endsTheGroup(_ failure: StoreError) -> Bool {
        [.serialization, .unavailable, .full].contains(failure.code)
    }

    /// A connection lost now leaves the outcome unknown; an error that the server answered is a definite rollback.
    private func finish(_ transaction: PostgresTransaction, on connection: PostgresConnection) throws {
        do {
            let answer = try transaction.finish(["COMMIT"])
            guard answer?.tag == "COMMIT" else {
                throw StoreError(code: .statement, detail: "the transaction had failed before its COMMIT")
            }
        } catch  where connection.isBroken {
            throw StoreError(code: .outcomeUnknown, detail: "the connection was lost at COMMIT")
        }
    }
}
