// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

/// One request as a handler sees it: decoded, within its limits, its session looked up, its form's token checked.
struct Visit: Sendable {
    let facades: Facades
    let organization: Organization
    /// Nil on routes for anyone.
    let session: CurrentSession?
    let parameters: [String: String]
    let query: Fields
    /// Empty on GET and on routes that take an upload.
    let form: Fields
    let upload: Upload?
    let origin: RequestOrigin
    let formToken: String
    /// The token of a recognised person's visit, on the patients' site alone.
    let patientToken: String?
    let language: Language
    let renderer: Renderer
    let settings: SiteSettings
    let surroundings: Surroundings
    let now: Timestamp

    /// Such as `/lakeside-health`.
    var base: String { "/" + organization.slug }

    var words: Words { renderer.words(language) }

    var times: Times { Times(zone: organization.timeZone, language: language) }

    var ambient: Ambient { Ambient(base: base, formToken: formToken, language: language) }

    /// The signed-in person.
    /// - Throws: `NotSignedIn` on a route for anyone.
    var requester: Requester {
        get throws(NotSignedIn) {
            guard let session else { throw NotSignedIn() }
            return session.requester
        }
    }

    /// An identifier from the path.
    /// - Throws: `NotFound` when it is not one: such an address was never given out.
    func identifier<Tag>(_ name: String, _ kind: Tag.Type = Tag.self) throws(NotFound) -> Identifier<Tag> {
        guard let found = parameters[name].flatMap({ Identifier<Tag>($0) }) else { throw NotFound() }
        return found
    }

    /// An address of this organization.
    func path(_ segments: String..., query: [(String, String)] = []) -> LocalPath {
        LocalPath(segments: [organization.slug] + segments, query: query)
    }
}

/// The thing asked for is not there, or belongs to another organization: the answer is the same.
struct NotFound: Error {}

/// A handler for anyone asked for the signed-in person.
struct NotSignedIn: Error {}

/// What the composition root decides about both sites.
package struct SiteSettings: Sendable {
    /// Whether browsers reach the site over TLS: cookies are then `Secure` with the `__Host-` prefix, and HSTS is sent.
    package var isSecure: Bool
    /// Shown on every staff page when second factors are waived.
    package var banner: String?
    /// True for `ward demo`: sign-in pages say that everything is made up.
    package var isDemonstration: Bool
    /// Addresses of proxies whose `X-Forwarded-For` is believed; nobody else's is.
    package var proxies: Set<String>

    package init(
        isSecure: Bool,
        banner: String? = nil,
        isDemonstration: Bool = false,
        proxies: Set<String> = []
    ) {
        self.isSecure = isSecure
        self.banner = banner
        self.isDemonstration = isDemonstration
        self.proxies = proxies
    }
}
