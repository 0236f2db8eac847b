// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import WardTelemetry

/// A long-lived part of the server. When the server is asked to stop it is cancelled, or ends by itself.
package struct NamedService: Service {
    private let body: @Sendable () async throws -> Void
    private let endsByItself: Bool

    /// - Parameter endsByItself: true for a listener, which notices the request to stop and answers what it was asked
    ///   before; cancelled, it would report each connection as failed.
    package init(endsByItself: Bool = false, _ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
        self.endsByItself = endsByItself
    }

    /// Runs without a service group, until its task is cancelled.
    package func runUntilCancelled() async throws {
        do {
            try await body()
        } catch is CancellationError {
            // Whoever started it is done.
        }
    }

    package func run() async throws {
        if endsByItself { return try await body() }
        try await cancelWhenGracefulShutdown {
            do {
                try await body()
            } catch is CancellationError {
                // The server stops.
            }
        }
    }
}
