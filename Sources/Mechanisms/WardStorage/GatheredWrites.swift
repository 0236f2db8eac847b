// SPDX-License-Identifier: Apache-2.0

import Synchronization

// Gathered writes
//
// A store's group commit shares one sync among many closures, but each closure still asks its own questions. Where many
// tasks want the same kind of thing written (a message's attempt begun, its result kept), one closure can read for all of
// them at once. The first task that comes leads: its closure takes up everybody who waits at the moment it runs, and gives
// each an answer after the COMMIT; then the next of those who came meanwhile leads. There is no timer and no task of its own.
//
// One request's failure must not be another's: when the closure throws, each request is done again in a closure of its own
// and gets what that gave.

/// Does the same kind of write for many tasks in one transaction.
package final class GatheredWrites<Request: Sendable, Answer: Sendable>: Sendable {
    /// As many answers as requests, in their order. May run more than once and has no effect but on the transaction.
    package typealias Body = @Sendable (_ requests: [Request], _ tx: any WriteTransaction) throws -> [Answer]

    private enum Turn {
        case answered(Result<Answer, any Error>)
        case leads
    }

    private struct Waiting {
        let request: Request
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isLed = false
        var waiting: [Waiting] = []
    }

    private let store: any Store
    private let limit: Int
    private let body: Body
    private let state = Mutex(State())

    /// - Parameter limit: how many requests one transaction serves, 1 or more.
    package init(_ store: any Store, limit: Int = 64, _ body: @escaping Body) {
        self.store = store
        self.limit = limit
        self.body = body
    }

    /// Writes one request together with those that wait; throws what its own write threw.
    package func write(_ request: Request) async throws -> Answer {
        let turn = await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                if state.isLed {
                    state.waiting.append(Waiting(request: request, continuation: continuation))
                    return false
                }
                state.isLed = true
                return true
            }
            if leads { continuation.resume(returning: Turn.leads) }
        }
        switch turn {
        case .answered(let result): return try result.get()
        case .leads: return try await lead(request)
        }
    }

    /// Requests that no transaction has taken up yet.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func lead(_ request: Request) async throws -> Answer {
        let taken = Mutex<[Waiting]?>(nil)
        let result: Result<Answer, any Error>
        do {
            let answers = try await store.write { [self] tx in
                let others = taken.withLock { taken in
                    let others = taken ?? takeWaiting()
                    taken = others
                    return others
                }
                return try body([request] + others.map(\.request), tx)
            }
            let others = taken.withLock { $0 ?? [] }
            for (waiting, answer) in zip(others, answers.dropFirst()) {
                waiting.continuation.resume(returning: .answered(.success(answer)))
            }
            result = .success(answers[0])
        } catch {
            let others = taken.withLock { $0 ?? [] }
            result = others.isEmpty ? .failure(error) : await alone(request)
            for waiting in others {
                waiting.continuation.resume(returning: .answered(await alone(waiting.request)))
            }
        }
        passOn()
        return try result.get()
    }

    private func alone(_ request: Request) async -> Result<Answer, any Error> {
        do {
            return .success(try await store.write { [body] tx in try body([request], tx)[0] })
        } catch {
            return .failure(error)
        }
    }

    private func takeWaiting() -> [Waiting] {
        state.withLock { state in
            let others = Array(state.waiting.prefix(limit - 1))
            state.waiting.removeFirst(others.count)
            return others
        }
    }

    private func passOn() {
        let next = state.withLock { state -> Waiting? in
            guard !state.waiting.isEmpty else {
                state.isLed = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .leads)
    }
}
