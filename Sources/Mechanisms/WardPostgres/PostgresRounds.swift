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
// ends the whole transaction (a serialization failure, a lost connection before the COMMIT was sent) makes each closure
// run again in a transaction of its own. When the connection is lost at COMMIT, nobody can know: `outcomeUnknown`.
// COMMIT of a failed transaction answers ROLLBACK without an error, so its tag is read.

/// Transactions on one connection of a thread.
struct PostgresRounds: Sendable {
    private static let attempts = 10

    let address: String

    /// Several closures, one COMMIT.
    func group(_ jobs: [PostgresJob], _ connection: inout PostgresConnection?) {
        guard jobs.count > 1 else {
            for job in jobs { single(job, begin: Self.beginWrite, &connection) }
            return
        }
        do {
            let failures = try commitTogether(jobs, on: try connected(&connection))
            for (job, failure) in zip(jobs, failures) { job.complete(failure) }
        } catch let error as StoreError where error.code == .outcomeUnknown {
            connection = nil
            for job in jobs { job.complete(error) }
        } catch {
            abandon(&connection)
            for job in jobs { single(job, begin: Self.beginWrite, &connection) }
        }
    }

    /// One closure in a transaction of its own, repeated when others interfere.
    func single(_ job: PostgresJob, begin: String, _ connection: inout PostgresConnection?) {
        for attempt in 1...Self.attempts {
            do {
                try commit(job, begin: begin, on: try connected(&connection))
                job.complete(nil)
                return
            } catch let error as StoreError {
                abandon(&connection)
                let mayRepeat = error.code == .serialization || error.code == .unavailable && attempt == 1
                guard mayRepeat, attempt < Self.attempts else {
                    job.complete(error)
                    return
                }
                // Two transactions that collide must not collide again at once.
                Thread.sleep(forTimeInterval: Double.random(in: 0...0.002) * Double(attempt))
            } catch {
                abandon(&connection)
                job.complete(error)
                return
            }
        }
    }

    static let beginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    static let beginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    private func connected(_ connection: inout PostgresConnection?) throws -> PostgresConnection {
        if let connection, !connection.isBroken { return connection }
        let fresh = try PostgresConnection(address)
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
        try finish(transaction)
        return failures
    }

    private static func endsTheGroup(_ failure: StoreError) -> Bool {
        [.serialization, .unavailable, .full].contains(failure.code)
    }

    private func commit(_ job: PostgresJob, begin: String, on connection: PostgresConnection) throws {
        let transaction = PostgresTransaction(connection, pending: [begin])
        try job.run(transaction)
        if let swallowed = transaction.failure { throw swallowed }
        try finish(transaction)
    }

    private func finish(_ transaction: PostgresTransaction) throws {
        do {
            let answer = try transaction.finish(["COMMIT"])
            guard answer?.tag == "COMMIT" else {
                throw StoreError(code: .statement, detail: "the transaction had failed before its COMMIT")
            }
        } catch let error as StoreError where error.code == .unavailable {
            throw StoreError(code: .outcomeUnknown, detail: "the connection was lost at COMMIT")
        }
    }
}
