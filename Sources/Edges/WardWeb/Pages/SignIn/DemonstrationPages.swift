// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel

/// The one-time link that `ward demo` prints: it signs a made-up person in. Everywhere else the address is not found.
enum DemonstrationPages {
    static let routes: [Route] = [
        .get("/demonstration/:token", .anyone, "DemonstrationPages.signIn", signIn)
    ]

    private static func signIn(_ visit: Visit) async throws -> Reply {
        guard visit.settings.isDemonstration else { return try await WelcomePages.show(visit) }
        let session = try await visit.facades.identity.signIn(
            demonstrationLink: visit.parameters["token"] ?? "",
            of: visit.organization.id,
            from: visit.origin
        )
        guard let session else { return try await WelcomePages.show(visit) }
        return Reply.seeOther(visit.path()).opening(session)
    }
}
