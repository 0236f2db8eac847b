// SPDX-License-Identifier: Apache-2.0
//
// RFC 6265bis section 4.1.3: a name that begins with `__Host-` is kept by the browser only when the cookie is Secure,
// has Path=/ and no Domain, so that no sibling host can plant one. One cookie per organization and site.

import Hummingbird
import WardKernel

/// The cookies of one organization on one site.
struct SessionCookie: Sendable {
    enum Kind: String, Sendable {
        /// Holds a session's token.
        case session
        /// Holds a random value that binds the forms of people who are not signed in.
        case visit
    }

    let slug: String
    let site: String
    let isSecure: Bool

    func name(_ kind: Kind) -> String { (isSecure ? "__Host-" : "") + "\(site)-\(kind.rawValue)-\(slug)" }

    /// The value that the browser sent: at most 128 characters of base64url.
    func value(_ kind: Kind, in headers: HTTPFields) -> String? {
        let wanted = name(kind) + "="
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let text = pair.drop { $0 == " " }
                guard text.hasPrefix(wanted) else { continue }
                let value = text.dropFirst(wanted.count)
                guard (1...128).contains(value.utf8.count), value.utf8.allSatisfy(Self.isTokenOctet) else { return nil }
                return String(value)
            }
        }
        return nil
    }

    /// The header that keeps a value until the browser closes.
    func setting(_ kind: Kind, to value: Sensitive<String>) -> String {
        value.expose(for: .transmitting) { "\(name(kind))=\($0)\(attributes)" }
    }

    func clearing(_ kind: Kind) -> String { "\(name(kind))=\(attributes); Max-Age=0" }

    private var attributes: String { "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "") }

    private static func isTokenOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
