// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardDNS
package import WardDelivery
import WardIdentity
import WardKernel
import WardSMTP
import WardSegments
package import WardServer
import WardTrust

/// What a scenario's installation takes in place of the world outside: a certificate authority of the test's own, and the
/// ports of its mail servers. `ward serve` cannot be told any of it.
package struct ScenarioWorld: Sendable {
    /// A file with the certificates that the SMTP client believes (PEM).
    package var rootsPath: String
    package var routes: [Route]

    package init(rootsPath: String, routes: [Route]) {
        self.rootsPath = rootsPath
        self.routes = routes
    }

    /// A mail server of a test, as the domain's own.
    package static func route(domain: String, port: Int, certificateName: String) -> Route {
        Route(
            domain: domain,
            host: "127.0.0.1",
            port: port,
            certificateName: certificateName,
            isRecipientsServer: true
        )
    }

    /// The schedule has short pauses and a long life: what is killed ten times is tried again soon and never given up.
    package func outside() throws -> OutsideWorld {
        var outside = OutsideWorld.real
        outside.roots = try TrustRoots(pem: String(contentsOfFile: rootsPath, encoding: .utf8))
        outside.resolver = FixedResolver()
        outside.delivery = DeliveryConfiguration(
            schedule: RetrySchedule(first: .seconds(2), factor: 1.5, cap: .seconds(8), lifetime: .hours(2), jitter: 0.1)
        )
        return outside
    }

    /// Names the mail servers to every organization.
    package func setRoutes(in installation: Installation) async throws {
        for organization in try await installation.identity.organizationsOfEveryTenant() {
            for route in routes {
                try await installation.modules.delivery.setRoute(route, by: .service("scenario", of: organization.id))
            }
        }
    }
}

extension ScenarioWorld {
    /// Makes segments (NAME=RULE) that are not there yet, for the operating-system user that runs this.
    package func makeSegments(_ arguments: [String], in installation: Installation) async throws {
        guard !arguments.isEmpty, let organization = try await installation.identity.organizationsOfEveryTenant().first
        else { return }
        let requester = try await installation.identity.requester(systemUser: getuid(), of: organization.id)
        let known = Set(try await installation.modules.segments.list(by: requester).map(\.name))
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, !known.contains(parts[0]) else { continue }
            _ = try await installation.modules.segments.create(name: parts[0], rule: parts[1], by: requester)
        }
    }
}

extension Route {
    /// The route as an argument of `WardTestServer`: domain, port, the name in the certificate.
    package var argument: String { "\(domain)=\(port)=\(certificateName)" }

    /// Reads what `argument` wrote.
    package init?(argument: String) {
        let parts = argument.split(separator: "=").map(String.init)
        guard parts.count == 3, let port = Int(parts[1]) else { return nil }
        self = ScenarioWorld.route(domain: parts[0], port: port, certificateName: parts[2])
    }
}
