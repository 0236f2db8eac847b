// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardDNS
import WardDelivery
import WardKernel
import WardServer
import WardTrust

/// The demonstration's mail world: invented domains, their servers, their mailboxes. For looking, not for proof.
struct MailWorld: Sendable {
    let servers: ReceivingServers
    let inboxes: Inboxes
    let zone = DemoZone()
    private let authority: DemoCertificateAuthority

    static func start(surroundings: Surroundings) async throws -> MailWorld {
        let authority = try DemoCertificateAuthority(
            now: Date(timeIntervalSince1970: Double(surroundings.now().microseconds) / 1_000_000)
        )
        let inboxes = Inboxes()
        let servers = try await ReceivingServers.start(
            authority: authority,
            inboxes: inboxes,
            surroundings: surroundings
        )
        return MailWorld(servers: servers, inboxes: inboxes, authority: authority)
    }

    /// What the installation takes from this world in place of the real one.
    var outside: OutsideWorld {
        var outside = OutsideWorld.real
        outside.allowsSwitchingPerson = true
        outside.roots = TrustRoots([authority.root])
        outside.resolver = zone
        outside.delivery = DeliveryConfiguration(schedule: .demo, pollInterval: .milliseconds(50))
        return outside
    }

    /// Each domain's own server, at the port that it was given.
    var routes: [Route] {
        servers.servers.map { server in
            Route(
                domain: server.behaviour.domain,
                host: "127.0.0.1",
                port: server.port,
                certificateName: server.hostName,
                isRecipientsServer: true
            )
        }
    }

    func stop() async throws { try await servers.stop() }
}
