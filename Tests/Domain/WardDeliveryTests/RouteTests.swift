// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardDelivery

@Suite struct RouteTests {
    private static let credentials = Sensitive(RouteCredentials(user: "ward", password: "seven quiet herons"))

    private static func change(
        _ domain: String = "pond.example",
        host: String = "relay.example",
        credentials: RouteChange.Credentials = .remove,
        adds: Bool = true,
        isRecipientsServer: Bool = false
    ) -> RouteChange {
        let route = Route(domain: domain, host: host, port: 587, isRecipientsServer: isRecipientsServer)
        return RouteChange(route: route, credentials: credentials, addsDomain: adds)
    }

    private static func administrator(_ world: DeliveryWorld) -> Requester {
        TestRequester.with(roles: [.administrator], of: world.ground.organization)
    }

    private static func stored(_ domain: String, _ world: DeliveryWorld) async throws -> Route? {
        try await world.store.read { [delivery = world.delivery, organization = world.ground.organization] tx in
            try delivery.route(for: domain, of: organization, in: tx)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a route is added, changed and removed, each with a reason and an entry`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, Self.administrator(world))
            #expect(try await delivery.change(Self.change(), why: " ", by: administrator) == .refused(.reasonMissing))
            #expect(try await delivery.change(Self.change(), why: "New relay", by: administrator) == .done)
            let twice = try await delivery.change(Self.change(), why: "Again", by: administrator)
            #expect(twice == .refused(.domainTaken))
            let unknown = Self.change("lake.example", adds: false)
            #expect(try await delivery.change(unknown, why: "x", by: administrator) == .unknown)
            world.clock.advance(by: .seconds(1))
            let moved = Self.change(host: "other.example", adds: false)
            #expect(try await delivery.change(moved, why: "Moved", by: administrator) == .done)
            #expect(try await delivery.routes(by: administrator).map(\.route.host) == ["other.example"])
            let domain = "pond.example"
            world.clock.advance(by: .seconds(1))
            #expect(
                try await delivery.removeRoute(of: domain, why: "", by: administrator) == .refused(.reasonMissing)
            )
            #expect(try await delivery.removeRoute(of: domain, why: "Gone", by: administrator) == .done)
            #expect(try await delivery.removeRoute(of: domain, why: "Gone", by: administrator) == .unknown)
            #expect(try await delivery.routes(by: administrator).isEmpty)
            let entries = try await world.store.read { tx in
                try tx.rows("SELECT facts FROM audit_entry WHERE action = 'route.change' ORDER BY recorded_at")
                    .map { try $0.value(at: 0, as: String.self) }
            }
            #expect(entries.map { $0.contains("change=added") } == [true, false, false])
            #expect(entries.map { $0.contains("change=changed") } == [false, true, false])
            #expect(entries.last == "change=removed")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a password stays with its server, and goes nowhere else`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, Self.administrator(world))
            let added = Self.change(credentials: .replace(Self.credentials))
            #expect(try await delivery.change(added, why: "New", by: administrator) == .done)
            let listed = try await delivery.routes(by: administrator)
            #expect(listed.map(\.hasCredentials) == [true])
            #expect(listed.first?.route.credentials == nil)
            let kept = Self.change(credentials: .keep, adds: false)
            #expect(try await delivery.change(kept, why: "Same server", by: administrator) == .done)
            #expect(try await Self.stored("pond.example", world)?.credentials == Self.credentials)
            let elsewhere = Self.change(host: "thief.example", credentials: .keep, adds: false)
            let refused = try await delivery.change(elsewhere, why: "Moved", by: administrator)
            #expect(refused == .refused(.credentialsOfAnotherServer))
            #expect(try await Self.stored("pond.example", world)?.host == "relay.example")
            #expect(try await delivery.change(Self.change(adds: false), why: "Open", by: administrator) == .done)
            #expect(try await Self.stored("pond.example", world)?.credentials == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a route that no server could be reached by is refused with its field`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            let administrator = Self.administrator(world)
            let wrong: [(RouteChange, RouteProblem)] = [
                (Self.change("not a domain"), .domainInvalid), (Self.change(host: ""), .hostInvalid),
                (Self.change(host: "a b"), .hostInvalid),
                (Self.change("*", isRecipientsServer: true), .everybodysServer),
                (
                    Self.change(credentials: .replace(Sensitive(RouteCredentials(user: "", password: "x")))),
                    .userInvalid
                ),
                (
                    Self.change(credentials: .replace(Sensitive(RouteCredentials(user: "x", password: "a\r\nb")))),
                    .passwordInvalid
                ),
            ]
            for (change, problem) in wrong {
                #expect(try await world.delivery.change(change, why: "x", by: administrator) == .refused(problem))
            }
            await #expect(throws: AccessDenied.self) {
                try await world.delivery.change(Self.change(), why: "x", by: world.marketer)
            }
            await #expect(throws: AccessDenied.self) {
                try await world.delivery.setRoute(Self.change().route, by: administrator)
            }
            #expect(try await world.delivery.routes(by: administrator).isEmpty)
        }
    }
}
