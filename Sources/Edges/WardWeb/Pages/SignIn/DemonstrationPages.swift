// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct DemonstrationContent: PageModel {
    static let template = "signin/demonstration"

    let personName: String
}

/// The one-time link that `ward demo` prints: it signs a made-up person in. Everywhere else the address is not found.
///
/// A GET only asks: whatever fetches addresses before people do (a terminal's preview, a scanner) must not use it up.
enum DemonstrationPages {
    static let routes: [Route] = [
        .get("/demonstration/:token", .anyone, "DemonstrationPages.show", show),
        .post("/demonstration/:token", .anyone, "DemonstrationPages.signIn", signIn),
    ]

    private static func show(_ visit: Visit) async throws -> Reply {
        guard visit.settings.isDemonstration else { throw NotFound() }
        let state = try await visit.facades.identity.state(ofLink: token(visit), of: visit.organization.id)
        guard case .valid(let name, _) = state else { return spent(visit) }
        let page = Page(
            visit.words("Sign in to the demonstration"),
            .plain,
            lede: visit.words("Every person in it is made up."),
            content: DemonstrationContent(personName: name)
        )
        return .page(page)
    }

    private static func signIn(_ visit: Visit) async throws -> Reply {
        guard visit.settings.isDemonstration else { throw NotFound() }
        let session = try await visit.facades.identity.signIn(
            demonstrationLink: token(visit),
            of: visit.organization.id,
            from: visit.origin
        )
        guard let session else { return spent(visit) }
        return Reply.seeOther(visit.path()).opening(session)
    }

    private static func token(_ visit: Visit) -> String { visit.parameters["token"] ?? "" }

    private static func spent(_ visit: Visit) -> Reply {
        let text = "The demonstration's link works once. Stop “ward demo” and start it again: it prints a new one."
        return .page(WelcomePages.deadLink(visit, text), status: 410)
    }
}
