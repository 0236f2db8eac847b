// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Testing
import WardConsent
import WardIdentity
import WardKernel
import WardStorage
import WardTelemetry
import WardTestKit
import WardVault

@testable import WardWeb

/// One-click unsubscribing as the receivers' servers do it (RFC 8058): no cookie, no form token, either kind of body.
@Suite struct OneClickTests {
    private static let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"

    struct Body: Sendable {
        let type: String
        let text: String
    }

    private static let bodies = [
        Body(type: "application/x-www-form-urlencoded", text: "List-Unsubscribe=One-Click"),
        Body(type: "multipart/form-data; boundary=x", text: multipart), Body(type: "text/plain", text: ""),
    ]

    @Test(arguments: TestStore.kinds, bodies)
    func `a post without cookies unsubscribes whatever form its body has`(
        kind: StoreKind,
        body: Body
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let person: ContactID = world.clock.surroundings.makeIdentifier()
            let organization = world.organization.id
            let token = try await world.store.write { tx in
                try world.ground.vault.createSubject(person, of: organization, in: tx)
                return try world.facades.consent.makeUnsubscribeToken(
                    for: person,
                    purpose: .marketing,
                    of: organization,
                    in: tx
                )
            }
            let site = try PatientSite(
                facades: world.facades,
                settings: SiteSettings(isSecure: false),
                surroundings: world.clock.surroundings,
                telemetry: Telemetry(surroundings: world.clock.surroundings, minimum: .error, sink: { _ in })
            )
            let server = TestBrowser(site: site.site, organization: world.organization)
            let path = "/\(world.organization.slug)/u/\(token.secretText)"
            #expect(try await server.get(path).status == 200)
            #expect(try await !isWithdrawn(person, world))
            let answer = try await server.send(.post, path, headers: [("content-type", body.type)], body: body.text)
            #expect(answer.status == 200)
            #expect(try await isWithdrawn(person, world))
            let endless = String(repeating: "x", count: 5_000)
            let refused = try await server.send(.post, path, headers: [("content-type", body.type)], body: endless)
            #expect(refused.status == 413)
        }
    }

    private func isWithdrawn(_ person: ContactID, _ world: WebWorld) async throws -> Bool {
        let organization = world.organization.id
        let standing = try await world.store.read { tx in
            try world.facades.consent.standing(
                of: [person],
                purpose: .marketing,
                channel: .email,
                organization: organization,
                in: tx
            )
        }
        if case .withdrawn = standing[person] { return true }
        return false
    }
}
