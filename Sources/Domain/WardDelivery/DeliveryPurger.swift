// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Removes, once a day and for every organization, the messages whose time is over.
package final class DeliveryPurger: Sendable {
    private let delivery: Delivery
    private let organizations: @Sendable () async throws -> [OrganizationID]
    private let failed: @Sendable (any Error) -> Void

    /// - Parameter failed: hears of a round that could not be finished; the next one does what it left.
    package init(
        _ delivery: Delivery,
        organizations: @escaping @Sendable () async throws -> [OrganizationID],
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.delivery = delivery
        self.organizations = organizations
        self.failed = failed
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        do {
            while !Task.isCancelled {
                await round()
                try await delivery.surroundings.wait(.hours(24))
            }
        } catch is CancellationError {
            // The end that was asked for.
        }
    }

    private func round() async {
        do {
            for organization in try await organizations() {
                try await delivery.purge(by: Delivery.service(organization))
            }
        } catch {
            failed(error)
        }
    }
}
