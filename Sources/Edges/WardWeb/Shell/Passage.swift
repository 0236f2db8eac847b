// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import NIOCore
import WardAudit
import WardIdentity
import WardKernel
import WardRender

/// One request on its way through the checks to its route's handler, and the reply on its way back.
struct Passage: Sendable {
    let site: Site
    let route: Route
    let request: Request
    let context: WebContext

    func response() async throws -> Response {
        let organization = try await organization()
        let cookies = site.cookies(of: organization)
        let asking = ForwardedAddress.of(
            request.headers[values: SecurityHeaders.named("x-forwarded-for")],
            peer: context.networkAddress,
            proxies: site.settings.proxies
        )
        let origin = RequestOrigin(networkAddress: asking, request: context.requestID)
        let token = cookies.value(.session, in: request.headers)
        let answer = try await session(token, organization, origin)
        // Who is not signed in gets a random value of their own, to which the tokens of forms are bound.
        let visitToken = cookies.value(.visit, in: request.headers)
        let fresh = visitToken == nil && answer.session == nil ? Self.randomToken(site.surroundings) : nil
        let secret = answer.session == nil ? visitToken ?? fresh : token
        let room = Room(
            organization: organization,
            cookies: cookies,
            origin: origin,
            session: answer.session,
            secret: secret ?? "",
            freshVisit: fresh,
            patientToken: site.usesStaffSessions ? nil : token
        )
        do {
            if let refusal = try await refusal(room, timedOut: answer.timedOut) { return refusal }
            let visit = try await visit(room)
            let reply = try await route.handler(visit)
            return try await finish(reply, visit, room)
        } catch let denied as AccessDenied {
            // Whoever refused, the table of routes or a façade: this is where it passes, and where it is recorded.
            if let requester = room.session?.requester {
                try await site.facades.audit.record(denied, at: .page(route.name), by: requester)
            }
            throw denied
        }
    }

    /// What is known once organization and session are.
    struct Room: Sendable {
        let organization: Organization
        let cookies: SessionCookie
        let origin: RequestOrigin
        let session: CurrentSession?
        let secret: String
        let freshVisit: String?
        /// A recognised person's visit on the patients' site; the portal decides what it is worth.
        let patientToken: String?
    }

    private func organization() async throws -> Organization {
        guard let slug = context.parameters.get("organization"), slug.utf8.count <= 60,
            let organization = try await site.facades.identity.organization(slug: slug)
        else { throw NotFound() }
        return organization
    }

    private func session(
        _ token: String?,
        _ organization: Organization,
        _ origin: RequestOrigin
    ) async throws -> (session: CurrentSession?, timedOut: Bool) {
        guard site.usesStaffSessions, let token else { return (nil, false) }
        let isActivity = request.headers[SecurityHeaders.named("x-ward-background")] == nil
        let answer = try await site.facades.identity.session(
            token: token,
            of: organization.id,
            from: origin,
            isActivity: isActivity
        )
        switch answer {
        case .current(let session): return (session, false)
        case .none: return (nil, false)
        case .timedOut: return (nil, true)
        }
    }

    /// The sign-in page with status 401 for who is not signed in; an error for who may not.
    private func refusal(_ room: Room, timedOut: Bool) async throws -> Response? {
        guard route.access != .anyone else { return nil }
        guard let session = room.session else {
            let visit = makeVisit(room, query: Fields(), form: Fields(), upload: nil)
            let next = route.method == .get ? LocalPath(request.uri.description) : nil
            let page = SignInPages.page(visit, next: next, timedOut: timedOut)
            return try await finish(.page(page, status: 401), visit, room)
        }
        if session.mustChangePassword, !Self.openToAll.contains("\(route.path)") {
            let visit = makeVisit(room, query: Fields(), form: Fields(), upload: nil)
            return try await finish(.seeOther(visit.path("account", "password")), visit, room)
        }
        if case .permission(let permission) = route.access { try session.requester.require(permission) }
        return nil
    }

    /// Where somebody may go who must change the password first.
    private static let openToAll: Set<String> = ["/account/password", "/sign-out"]

    private func visit(_ room: Room) async throws -> Visit {
        let query = try Fields(decoding: request.uri.query ?? "")
        guard route.method == .post else { return makeVisit(room, query: query, form: Fields(), upload: nil) }
        if case .unguarded(let limit) = route.body {
            // The token in the path is the authority, not what the body says: RFC 8058 section 3.1 has receivers send it as
            // multipart/form-data or as application/x-www-form-urlencoded.
            let isForm = contentType == nil || contentType == "application/x-www-form-urlencoded"
            let form = isForm ? try await fields(atMost: limit) : try await unread(atMost: limit)
            return makeVisit(room, query: query, form: form, upload: nil)
        }
        let host = request.head.authority ?? request.headers[SecurityHeaders.named("host")]
        try FormGuard.check(request.headers, host: host)
        let header = request.headers[SecurityHeaders.named("x-form-token")]
        switch route.body {
        case .fields(let limit):
            let form = try await fields(atMost: limit)
            try FormGuard.check(token: header ?? form.optional("form_token"), boundTo: room.secret)
            return makeVisit(room, query: query, form: form, upload: nil)
        case .unguarded: throw BadRequest(reason: .malformed)
        case .upload where contentType == "application/x-www-form-urlencoded":
            // A form without files, from whoever fills it in without a browser.
            let form = try await fields(atMost: 64 * 1_024)
            try FormGuard.check(token: header ?? form.optional("form_token"), boundTo: room.secret)
            return makeVisit(room, query: query, form: form, upload: nil)
        case .upload(let limit):
            let type = request.headers[.contentType]
            let upload = try await Upload.begin(request.body, contentType: type, atMost: limit)
            try FormGuard.check(token: header ?? upload.fields.optional("form_token"), boundTo: room.secret)
            return makeVisit(room, query: query, form: upload.fields, upload: upload)
        }
    }

    private var contentType: String? {
        request.headers[.contentType]?.split(separator: ";").first.map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
    }

    /// Takes a body that nobody looks at, so that the connection can go on.
    private func unread(atMost limit: Int) async throws -> Fields {
        var count = 0
        for try await piece in request.body {
            count += piece.readableBytes
            guard count <= limit else { throw BadRequest(reason: .tooLarge) }
        }
        return Fields()
    }

    private func fields(atMost limit: Int) async throws -> Fields {
        guard contentType == nil || contentType == "application/x-www-form-urlencoded" else {
            throw BadRequest(reason: .wrongContentType)
        }
        var bytes: [UInt8] = []
        for try await piece in request.body {
            bytes += Array(buffer: piece)
            guard bytes.count <= limit else { throw BadRequest(reason: .tooLarge) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw BadRequest(reason: .malformed) }
        return try Fields(decoding: text)
    }

    private func makeVisit(_ room: Room, query: Fields, form: Fields, upload: Upload?) -> Visit {
        var parameters: [String: String] = [:]
        for (name, value) in context.parameters {
            parameters[String(name)] = String(value)
        }
        return Visit(
            facades: site.facades,
            organization: room.organization,
            session: room.session,
            parameters: parameters,
            query: query,
            form: form,
            upload: upload,
            origin: room.origin,
            formToken: FormToken.make(forSession: room.secret),
            patientToken: room.patientToken,
            language: Language(acceptLanguage: request.headers[.acceptLanguage]),
            renderer: site.renderer,
            settings: site.settings,
            surroundings: site.surroundings,
            now: site.surroundings.now()
        )
    }

    private static func randomToken(_ surroundings: Surroundings) -> String {
        surroundings.randomBytes(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

// MARK: From reply to response

extension Passage {
    private func finish(_ reply: Reply, _ visit: Visit, _ room: Room) async throws -> Response {
        var response = try await response(for: reply, visit)
        if let fresh = room.freshVisit {
            response.headers.append(.init(name: .setCookie, value: room.cookies.setting(.visit, to: Sensitive(fresh))))
        }
        switch reply.sessionChange {
        case .open(let session):
            response.headers.append(.init(name: .setCookie, value: room.cookies.setting(.session, to: session.token)))
        case .openPatient(let token):
            response.headers.append(.init(name: .setCookie, value: room.cookies.setting(.session, to: token)))
        case .close:
            response.headers.append(.init(name: .setCookie, value: room.cookies.clearing(.session)))
            response.headers[SecurityHeaders.named("clear-site-data")] = "\"cache\", \"storage\""
        case nil: break
        }
        return response
    }

    private func response(for reply: Reply, _ visit: Visit) async throws -> Response {
        switch reply.content {
        case .page(let page):
            let people = try await people(visit)
            let html = try visit.html(page, people: people, assetVersion: site.assets.version).html
            return text(html, type: "text/html; charset=utf-8", status: reply.status)
        case .fragment(let model):
            return text(try visit.markup(model).html, type: "text/html; charset=utf-8", status: reply.status)
        case .seeOther(let path):
            return Response(status: .seeOther, headers: [.location: path.text])
        case .download(let name, let type, let body):
            var headers: HTTPFields = [.contentType: "\(type)"]
            headers[.contentDisposition] = name.disposition
            switch body {
            case .text(let text):
                return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
            case .octets(let octets):
                return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: octets)))
            case .pieces(let next):
                let stream = ResponseBody { writer in
                    while let piece = try await next() { try await writer.write(ByteBuffer(string: piece)) }
                    try await writer.finish(nil)
                }
                return Response(status: .ok, headers: headers, body: stream)
            }
        }
    }

    private func text(_ text: String, type: String, status: Int) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }

    /// Whom the demonstration's menu offers.
    private func people(_ visit: Visit) async throws -> [StaffAccount] {
        guard visit.session != nil else { return [] }
        return try await site.facades.identity.peopleToSwitchTo(in: visit.organization.id)
    }
}
