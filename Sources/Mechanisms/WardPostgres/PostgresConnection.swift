// SPDX-License-Identifier: Apache-2.0

import CLibPQ
import Glibc
import WardStorage

// Round trips
//
// The connection is in libpq's pipeline mode. One round trip carries control statements (BEGIN, SAVEPOINT, RELEASE …),
// then at most one real statement, then a sync, so that a write of one statement inside a group costs one round trip:
//
//     [RELEASE of the last closure] [SAVEPOINT] [the statement] [sync]
//
// A sync inside an explicit transaction commits nothing. After an error the server skips to the sync; the session is then
// in the failed state, and the next round trip, which begins with ROLLBACK TO, goes on as if nothing had been.

/// One session with the server. Used by one thread at a time.
final class PostgresConnection {
    /// Text with numbered placeholders, and the values for them.
    typealias Statement = (text: String, parameters: [SQLValue])

    private static let preparedLimit = 512

    private let connection: OpaquePointer
    private var prepared: [String: String] = [:]
    /// The connection was lost; nothing more can be said on it.
    private(set) var isBroken = false
    /// One of the control statements of the last round trip failed, not the statement of a closure.
    private(set) var controlFailed = false

    /// - Parameter readsRelationsWhole: false for sessions that write. Reading a table from end to end locks all of it
    ///   against every other writer (predicate locks), and a planner without statistics does so with hot small tables.
    init(_ address: String, readsRelationsWhole: Bool) throws {
        let place = try PostgresAddress(address)
        guard let connection = Self.connect(address, verifiesTLS: !place.isLocal) else {
            throw StoreError(code: .unavailable, detail: "no memory for a connection")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            throw StoreError(code: .unavailable, detail: "the server does not answer")
        }
        for statement in Self.session { try simple(statement) }
        if !readsRelationsWhole { try simple("SET enable_seqscan = off") }
        guard PQenterPipelineMode(connection) == 1 else {
            throw StoreError(code: .unavailable, detail: "pipeline mode")
        }
    }

    deinit { PQfinish(connection) }

    /// Words in the address come later in the list and win. A peer that vanished is noticed within half a minute.
    private static func connect(_ address: String, verifiesTLS: Bool) -> OpaquePointer? {
        var settings = [
            ("connect_timeout", "30"), ("application_name", "ward"), ("keepalives_idle", "15"),
            ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
        ]
        if verifiesTLS { settings += [("sslmode", "verify-full"), ("ssl_min_protocol_version", "TLSv1.2")] }
        settings.append(("dbname", address))
        let keywords = settings.map { strdup($0.0) }
        let values = settings.map { strdup($0.1) }
        defer { for word in keywords + values { free(word) } }
        return PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil],
            values.map { UnsafePointer($0) } + [nil],
            1
        )
    }

    /// Durability is full whatever the server's configuration says; a stuck lock ends.
    private static let session = [
        "SET synchronous_commit = on", "SET client_min_messages = error", "SET lock_timeout = '20s'",
        "SET idle_in_transaction_session_timeout = '120s'", "SET client_encoding = 'UTF8'",
    ]

    private func simple(_ text: String) throws {
        guard let pointer = PQexec(connection, text) else { throw lost() }
        if let failure = PostgresResult(pointer).failure { throw failure }
    }

    /// Sends the controls and the statement in one round trip and returns the statement's answer, or the last control's.
    ///
    /// - Parameter keepsPlan: false for statements about cursors, whose shape differs from one use of a name to the next.
    ///
    /// Throws the first failure in the trip. A lost connection is `unavailable` and marks the connection as broken.
    @discardableResult
    func roundTrip(controls: [String], _ statement: Statement? = nil, keepsPlan: Bool = true) throws -> PostgresResult?
    {
        var preparing: (key: String, name: String)?
        for control in controls { try send(PQsendQueryParams(connection, control, 0, nil, nil, nil, nil, 1)) }
        var expected = controls.count
        if let statement {
            let text = statement.text
            let parameters = PostgresParameters(statement.parameters)
            let key = parameters.signature + text
            var name = prepared[key]
            if name == nil {
                let fresh = keepsPlan && prepared.count < Self.preparedLimit ? "w\(prepared.count)" : ""
                try send(parameters.withTypes { PQsendPrepare(connection, fresh, text, parameters.count, $0) })
                expected += 1
                if !fresh.isEmpty { preparing = (key, fresh) }
                name = fresh
            }
            try parameters.withPointers { types, pointers, lengths, formats in
                _ = types
                try send(
                    PQsendQueryPrepared(connection, name ?? "", parameters.count, pointers, lengths, formats, 1)
                )
            }
            expected += 1
        }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        return try collect(expected, controls: controls.count, preparing)
    }

    /// Runs a migration's text, which may hold several statements, inside the open transaction.
    func script(_ text: String) throws {
        guard PQexitPipelineMode(connection) == 1 else { throw lost() }
        defer { if PQenterPipelineMode(connection) != 1 { isBroken = true } }
        try simple(text)
        if PQtransactionStatus(connection) != PQTRANS_INTRANS {
            throw StoreError(code: .statement, detail: "a closure ended the transaction")
        }
    }

    private func collect(
        _ expected: Int,
        controls: Int,
        _ preparing: (key: String, name: String)?
    ) throws -> PostgresResult? {
        var last: PostgresResult?
        var failure: StoreError?
        controlFailed = false
        for position in 0..<expected {
            guard let pointer = PQgetResult(connection) else { throw lost() }
            let result = PostgresResult(pointer)
            if let problem = result.failure, failure == nil {
                failure = problem
                controlFailed = position < controls
            }
            if let preparing, position == expected - 2, result.failure == nil {
                prepared[preparing.key] = preparing.name
            }
            last = result
            while let rest = PQgetResult(connection) { PQclear(rest) }
            if PQstatus(connection) != CONNECTION_OK { throw lost() }
        }
        guard let sync = PQgetResult(connection) else { throw lost() }
        PQclear(sync)
        if PQstatus(connection) != CONNECTION_OK { throw lost() }
        if let failure { throw failure }
        return last
    }

    private func send(_ answer: Int32) throws {
        guard answer == 1 else { throw lost() }
    }

    private func lost() -> StoreError {
        isBroken = true
        return StoreError(code: .unavailable, detail: "the connection was lost")
    }
}
