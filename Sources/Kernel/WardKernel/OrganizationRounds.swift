// SPDX-License-Identifier: Apache-2.0

/// Work that comes round for every organization, such as once a day: what fails for one holds up no other, and is tried
/// again in the next round.
package struct OrganizationRounds: Sendable {
    private let pause: Duration
    private let surroundings: Surroundings
    private let organizations: @Sendable () async throws -> [OrganizationID]
    private let work: @Sendable (OrganizationID) async throws -> Void
    private let failed: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - pause: between the end of one round and the next.
    ///   - failed: hears of each organization whose work could not be finished.
    package init(
        every pause: Duration,
        _ surroundings: Surroundings,
        organizations: @escaping @Sendable () async throws -> [OrganizationID],
        failed: @escaping @Sendable (any Error) -> Void,
        work: @escaping @Sendable (OrganizationID) async throws -> Void
    ) {
        self.pause = pause
        self.surroundings = surroundings
        self.organizations = organizations
        self.failed = failed
        self.work = work
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        do {
            while !Task.isCancelled {
                try await round()
                try await surroundings.wait(pause)
            }
        } catch is CancellationError {
            // The end that was asked for.
        }
    }

    /// One round.
    ///
    /// - Throws: `CancellationError` only.
    package func round() async throws {
        guard let all = try await reported({ try await organizations() }) else { return }
        for organization in all { try await reported { try await work(organization) } }
    }

    @discardableResult
    private func reported<Value>(_ work: () async throws -> Value) async throws -> Value? {
        do {
            return try await work()
        } catch let error as CancellationError {
            throw error
        } catch {
            failed(error)
            return nil
        }
    }
}
