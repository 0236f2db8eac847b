// SPDX-License-Identifier: Apache-2.0

import WardQueue
import WardStorage

/// The writes of an attempt, each done for all attempts that stand at the same point (see `GatheredWrites`): a
/// campaign's messages then share their look-ups, the gate's questions and their statements.
struct AttemptWrites: Sendable {
    private let beginning: GatheredWrites<WorkItem, AttemptStep?>
    private let protecting: GatheredWrites<ProtectedMessage, AttemptStep?>
    private let marking: GatheredWrites<AttemptPlan, Void>
    private let ending: GatheredWrites<AttemptEnd, Void>

    init(_ delivery: Delivery) {
        beginning = GatheredWrites(delivery.store) { items, tx in try delivery.begin(items, in: tx) }
        protecting = GatheredWrites(delivery.store) { made, tx in
            for message in made { try delivery.keep(message.form, of: message.plan, in: tx) }
            return try delivery.begin(made.map(\.plan.item), in: tx)
        }
        marking = GatheredWrites(delivery.store) { plans, tx in
            try delivery.markMayHaveBeenSent(plans, in: tx)
            return plans.map { _ in () }
        }
        ending = GatheredWrites(delivery.store) { ends, tx in
            try delivery.finish(ends, in: tx)
            return ends.map { _ in () }
        }
    }

    /// Nil when there is nothing to transmit.
    func begin(_ item: WorkItem) async throws -> AttemptStep? { try await beginning.write(item) }

    /// Keeps a protected form and begins the attempt that sends it.
    func begin(_ message: ProtectedMessage) async throws -> AttemptStep? { try await protecting.write(message) }

    /// Right before the final dot; throws when it must not be written.
    func mark(_ plan: AttemptPlan) async throws { try await marking.write(plan) }

    func finish(_ end: AttemptEnd) async throws { try await ending.write(end) }
}
