// SPDX-License-Identifier: Apache-2.0
//
// OWASP ASVS 5.0 section 3.4: the headers that stand on every response, errors included.

import Hummingbird

enum SecurityHeaders {
    static let policy = [
        "default-src 'self'", "base-uri 'none'", "object-src 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// - Parameter isCacheable: true for assets alone; a page or a download is never stored.
    static func apply(to headers: inout HTTPFields, isSecure: Bool, isCacheable: Bool) {
        headers[named("content-security-policy")] = policy
        headers[named("x-content-type-options")] = "nosniff"
        headers[named("referrer-policy")] = "no-referrer"
        headers[named("cross-origin-opener-policy")] = "same-origin"
        headers[named("cross-origin-resource-policy")] = "same-origin"
        headers[named("x-frame-options")] = "DENY"
        headers[named("permissions-policy")] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        headers[.cacheControl] = isCacheable ? "public, max-age=31536000, immutable" : "no-store"
        if isSecure { headers[named("strict-transport-security")] = "max-age=31536000; includeSubDomains" }
    }

    /// A header's name that is known to be a token.
    static func named(_ name: String) -> HTTPFields.Element.Name { HTTPFields.Element.Name(name) ?? .server }
}
