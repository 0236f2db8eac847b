// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardTrust

/// The open connections to each server, and who waits for one. A connection serves only deliveries to the same name and port
/// under the same policy with the same credentials.
final class SMTPConnectionPool: Sendable {
    struct Key: Hashable, Sendable {
        var name: String
        var port: Int
        var policy: TransportPolicy
        var credentials: SMTPCredentials?
        var demand: CertificateDemand

        init(_ endpoint: SMTPEndpoint, _ policy: TransportPolicy) {
            name = endpoint.name
            port = endpoint.port
            credentials = endpoint.credentials
            demand = endpoint.demand
            self.policy = policy
        }
    }

    enum Lease: Sendable {
        case open(SMTPConnection)
        /// The caller may open one, and says so with `opened` or `notOpened`.
        case mayOpen
        /// The pool is closed or the task was cancelled.
        case refused
    }

    private struct Server {
        var idle: [SMTPConnection] = []
        /// Open or being opened.
        var count = 0
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Lease, Never>)] = []
    }

    private struct State {
        var servers: [Key: Server] = [:]
        var busy: [ObjectIdentifier: SMTPConnection] = [:]
        var cancelled: Set<UInt64> = []
        var nextTicket: UInt64 = 0
        var isClosed = false
    }

    private let limits: SMTPClient.Limits
    private let state = Mutex(State())

    init(limits: SMTPClient.Limits) { self.limits = limits }

    /// A connection, or leave to open one; waits while the server has as many as are allowed.
    func lease(_ key: Key) async -> Lease {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let lease = state.withLock { state in Self.take(key, ticket, continuation, limits, &state) }
                if let lease { continuation.resume(returning: lease) }
            }
        } onCancel: {
            cancel(ticket, key)
        }
    }

    /// Back from a delivery: kept for the next one, unless it has served enough or is closed.
    func giveBack(_ connection: SMTPConnection, _ key: Key) {
        let isUsable = connection.isOpen && connection.messages.load(ordering: .relaxed) < limits.messagesPerConnection
        let next = state.withLock { state -> CheckedContinuation<Lease, Never>? in
            state.busy[ObjectIdentifier(connection)] = nil
            guard isUsable, !state.isClosed else { return nil }
            if let waiting = Self.nextWaiting(key, &state) {
                state.busy[ObjectIdentifier(connection)] = connection
                return waiting
            }
            state.servers[key, default: Server()].idle.append(connection)
            return nil
        }
        if let next {
            next.resume(returning: .open(connection))
        } else if isUsable {
            connection.rest()
        } else {
            connection.quit()
        }
    }

    /// The connection that `mayOpen` allowed is open and in use.
    func opened(_ connection: SMTPConnection, _ key: Key) {
        let isClosed = state.withLock { state in
            state.busy[ObjectIdentifier(connection)] = connection
            return state.isClosed
        }
        connection.whenClosed { [weak self] in self?.closed(connection, key) }
        if isClosed { connection.cancel() }
    }

    /// It could not be opened.
    func notOpened(_ key: Key) { release(key) }

    /// Refuses everybody from now on and closes what is open; deliveries under way are cancelled.
    func close() {
        let (connections, waiting) = state.withLock { state in
            state.isClosed = true
            let waiting = state.servers.values.flatMap(\.waiting).map(\.continuation)
            let connections = state.servers.values.flatMap(\.idle) + Array(state.busy.values)
            for key in state.servers.keys { state.servers[key]?.waiting = [] }
            return (connections, waiting)
        }
        for continuation in waiting { continuation.resume(returning: .refused) }
        for connection in connections { connection.cancel() }
    }

    private func closed(_ connection: SMTPConnection, _ key: Key) {
        state.withLock { state in
            state.busy[ObjectIdentifier(connection)] = nil
            state.servers[key]?.idle.removeAll { $0 === connection }
        }
        release(key)
    }

    /// One connection fewer: whoever waits longest may open another.
    private func release(_ key: Key) {
        let next = state.withLock { state -> CheckedContinuation<Lease, Never>? in
            if let waiting = Self.nextWaiting(key, &state) { return waiting }
            state.servers[key]?.count -= 1
            if let server = state.servers[key], server.count <= 0, server.idle.isEmpty { state.servers[key] = nil }
            return nil
        }
        next?.resume(returning: .mayOpen)
    }

    private func cancel(_ ticket: UInt64, _ key: Key) {
        let continuation = state.withLock { state -> CheckedContinuation<Lease, Never>? in
            guard let index = state.servers[key]?.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                state.cancelled.insert(ticket)
                return nil
            }
            return state.servers[key]?.waiting.remove(at: index).continuation
        }
        continuation?.resume(returning: .refused)
    }

    private static func nextWaiting(_ key: Key, _ state: inout State) -> CheckedContinuation<Lease, Never>? {
        guard let server = state.servers[key], !server.waiting.isEmpty else { return nil }
        return state.servers[key]?.waiting.removeFirst().continuation
    }

    private static func take(
        _ key: Key,
        _ ticket: UInt64,
        _ continuation: CheckedContinuation<Lease, Never>,
        _ limits: SMTPClient.Limits,
        _ state: inout State
    ) -> Lease? {
        if state.isClosed || state.cancelled.remove(ticket) != nil { return .refused }
        var server = state.servers[key, default: Server()]
        defer { state.servers[key] = server }
        while let connection = server.idle.popLast() {
            guard connection.isOpen else { continue }
            state.busy[ObjectIdentifier(connection)] = connection
            return .open(connection)
        }
        if server.count < limits.connectionsPerServer {
            server.count += 1
            return .mayOpen
        }
        server.waiting.append((ticket, continuation))
        return nil
    }
}
