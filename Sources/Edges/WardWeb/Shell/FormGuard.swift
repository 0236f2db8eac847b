// SPDX-License-Identifier: Apache-2.0
//
// Cross-site request forgery (ASVS 3.5): three independent checks, each of which refuses alone. The cookie is
// SameSite=Lax; the browser's own word on where a request comes from (Fetch Metadata, then Origin) must be this site;
// the form must carry the token that only a page of this session knows.

import Hummingbird
import WardIdentity

enum FormGuard {
    enum Refusal: String, Error, Sendable { case crossSite, foreignOrigin, tokenMissing }

    /// What the headers alone say, before a body is read.
    static func check(_ headers: HTTPFields, host: String?) throws(Refusal) {
        if let site = headers[SecurityHeaders.named("sec-fetch-site")], site != "same-origin" { throw .crossSite }
        // Under `Referrer-Policy: no-referrer` a browser names the origin of its own forms `null`; Fetch Metadata, which no
        // page can forge, then has to say that the form is ours.
        let isVouchedFor = headers[SecurityHeaders.named("sec-fetch-site")] == "same-origin"
        if let origin = headers[.origin], !(origin == "null" && isVouchedFor) {
            guard let host, origin == "https://\(host)" || origin == "http://\(host)" else { throw .foreignOrigin }
        }
    }

    /// The token, from the form's field or the header that the modules send.
    static func check(token: String?, boundTo secret: String?) throws(Refusal) {
        guard let token, let secret, FormToken.matches(token, session: secret) else { throw .tokenMissing }
    }
}
