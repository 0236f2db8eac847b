// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// The methods that pages use. Everything that changes something is a POST.
enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
}

/// Who may ask for a route. The façade decides again (invariant I7); this makes the table readable and refuses early.
enum RouteAccess: Sendable, Hashable {
    /// No session is needed; the handler says why that is safe.
    case anyone
    case signedIn
    case permission(Permission)

    var text: String {
        switch self {
        case .anyone: "anyone"
        case .signedIn: "signed in"
        case .permission(let permission): permission.rawValue
        }
    }
}

/// What a route takes as its body.
enum BodyRule: Sendable, Hashable {
    /// Form fields of at most so many octets, read before the handler runs.
    case fields(atMost: Int)
    /// A form with files, read by the handler as it arrives (`Visit.upload`); without any it may come as plain fields.
    case upload(atMost: Int)
    /// Form fields from whoever holds the address, without cookie, origin or form token: a mail program's one-click
    /// unsubscribing (RFC 8058). The address itself is the secret, and the handler does nothing else.
    case unguarded(atMost: Int)

    static let form = BodyRule.fields(atMost: 64 * 1_024)
}

/// One line of an area's table: what is asked, who may, and which function answers.
struct Route: Sendable {
    let method: Method
    /// Below the organization's segment, such as `/staff/:staff/roles`.
    let path: StaticString
    let access: RouteAccess
    let body: BodyRule
    /// The handler's name in the golden table.
    let name: String
    let handler: @Sendable (Visit) async throws -> Reply

    static func get(
        _ path: StaticString,
        _ access: RouteAccess,
        _ name: String,
        _ handler: @escaping @Sendable (Visit) async throws -> Reply
    ) -> Route {
        Route(method: .get, path: path, access: access, body: .form, name: name, handler: handler)
    }

    static func post(
        _ path: StaticString,
        _ access: RouteAccess,
        _ name: String,
        body: BodyRule = .form,
        _ handler: @escaping @Sendable (Visit) async throws -> Reply
    ) -> Route {
        Route(method: .post, path: path, access: access, body: body, name: name, handler: handler)
    }

    /// How the request's context names the route that answers.
    var endpoint: String { "\(method.rawValue) :\(path)" }

    /// The line that the golden table holds.
    var line: String { "\(method.rawValue) \(path) · \(access.text) · \(name)" }
}
