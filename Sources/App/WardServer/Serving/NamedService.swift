// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import WardTelemetry

/// A long-lived part of the server. It is cancelled when the server is asked to stop.
package struct NamedService: Service {
    private let body: @Sendable () async throws -> Void

    package init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    /// Runs without a service group, until its task is cancelled.
    package func runUntilCancelled() async throws {
        do {
            try await body()
        } catch is CancellationError {
            // Whoever started it is done.
        }
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await body()
            } catch is CancellationError {
                // The server stops.
            }
        }
    }
}
