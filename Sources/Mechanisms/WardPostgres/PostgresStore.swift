// SPDX-License-Identifier: Apache-2.0

package import WardStorage

/// The store on PostgreSQL: two writers that commit in groups, and eight connections for reading and for long work.
package final class PostgresStore: Store {
    package let dialect = Dialect.postgres
    static let writerCount = 2

    let writers: PostgresWorkers
    private let readers: PostgresWorkers
    private let longWriters: PostgresWorkers

    /// Connects once, so that a wrong address is found here; the workers connect when they are first needed.
    ///
    /// - Parameter address: a connection address or `key=value` words as libpq takes them. It is never repeated in errors.
    ///   A server on another machine is reached over verified TLS only.
    /// - Throws: `PostgresAddressProblem`, `StoreError`.
    package static func open(_ address: String) async throws -> PostgresStore {
        _ = try PostgresAddress(address)
        let store = PostgresStore(address)
        do {
            _ = try await store.read { try $0.first("SELECT 1", as: Int.self) }
        } catch {
            await store.close()
            throw error
        }
        return store
    }

    private init(_ address: String) {
        let rounds = PostgresRounds(address: address, turns: PostgresTurns())
        let reading = PostgresRounds(address: address, turns: nil)
        writers = PostgresWorkers(name: "ward write", threads: Self.writerCount, groupLimit: 64) {
            rounds.group($0, &$1)
        }
        readers = PostgresWorkers(name: "ward read", threads: 6, groupLimit: 1) { jobs, connection in
            for job in jobs { reading.single(job, begin: PostgresRounds.beginRead, &connection) }
        }
        longWriters = PostgresWorkers(name: "ward long", threads: 2, groupLimit: 1) { jobs, connection in
            for job in jobs { rounds.single(job, begin: PostgresRounds.beginWrite, &connection) }
        }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try await PostgresJob.result(of: { try body($0) }) { writers.submit($0) }
    }

    package func writeAlone<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> Result
    ) async throws -> Result {
        try await PostgresJob.result(of: { try body($0) }) { longWriters.submit($0) }
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result {
        try await PostgresJob.result(of: { try body(PostgresReadTransaction($0)) }) { readers.submit($0) }
    }

    package func close() async {
        for workers in [writers, longWriters, readers] { await workers.close() }
    }
}
