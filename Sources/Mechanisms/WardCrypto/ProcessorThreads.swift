// SPDX-License-Identifier: Apache-2.0
//
// The cooperative pool has one thread for each processor; whoever holds one for more than a millisecond makes everybody wait,
// the time-outs too. What takes processor time in bulk (signing, rendering, making keys) runs here: on as many threads of
// our own as the machine has processors, so that the kernel shares the processors out fairly between both.

import Foundation

/// Threads for work that takes processor time.
package final class ProcessorThreads: Sendable {
    /// The process has one set: two would share the same processors.
    package static let shared = ProcessorThreads()

    private let queue: OperationQueue
    /// Pieces that run at the same time.
    package let width: Int

    private init() {
        width = max(1, ProcessInfo.processInfo.activeProcessorCount)
        queue = OperationQueue()
        queue.name = "ward.processor"
        queue.maxConcurrentOperationCount = width
        // Threads of their own, behind those that carry conversations on: on those of the tasks, every step of every attempt
        // would wait until some signatures are made.
        queue.qualityOfService = .utility
    }

    /// Runs the body on one of the threads.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let queue = queue
        return try await withCheckedThrowingContinuation { continuation in
            queue.addOperation { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// The body's answers for all elements, in order, made in pieces of so many.
    package func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element],
        piece: Int,
        _ body: @escaping @Sendable (Element) throws -> Value
    ) async throws -> [Value] {
        let starts = Array(stride(from: 0, to: elements.count, by: max(1, piece)))
        return try await withThrowingTaskGroup(of: (Int, [Value]).self) { group in
            for (number, start) in starts.enumerated() {
                let part = elements[start..<min(start + max(1, piece), elements.count)]
                group.addTask { (number, try await self.run { try part.map(body) }) }
            }
            var pieces = [[Value]](repeating: [], count: starts.count)
            for try await (number, values) in group { pieces[number] = values }
            return pieces.flatMap { $0 }
        }
    }
}
