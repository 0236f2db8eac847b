// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One closure that waits for its transaction on a database thread, and who waits for its answer. For the stores.
package struct TransactionJob<Transaction>: Sendable {
    /// Runs the closure and keeps its result; called again when the transaction has to be repeated.
    package let run: @Sendable (Transaction) throws -> Void
    /// Gives the kept result, or the error, to who waits. Called once.
    package let complete: @Sendable ((any Error)?) -> Void

    package init(
        run: @escaping @Sendable (Transaction) throws -> Void,
        complete: @escaping @Sendable ((any Error)?) -> Void
    ) {
        self.run = run
        self.complete = complete
    }

    /// Hands a job that runs `body` to `submit` and waits until it was completed.
    package static func result<Result: Sendable>(
        of body: @escaping @Sendable (Transaction) throws -> Result,
        submit: (TransactionJob) -> Void
    ) async throws -> Result {
        let kept = KeptResult<Result>()
        return try await withCheckedThrowingContinuation { continuation in
            submit(
                TransactionJob(
                    run: { transaction in
                        let result = try body(transaction)
                        kept.value.withLock { $0 = result }
                    },
                    complete: { error in
                        if let error {
                            continuation.resume(throwing: error)
                        } else if let result = kept.value.withLock({ $0 }) {
                            continuation.resume(returning: result)
                        } else {
                            continuation.resume(throwing: StoreError(code: .statement, detail: "no result"))
                        }
                    }
                )
            )
        }
    }
}

/// The result of a closure until its transaction is committed.
private final class KeptResult<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
