// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore
import WardIdentity
import WardKernel
import WardRender
import WardTelemetry

/// What both listeners share: a table of routes, and everything that happens around a handler.
///
/// request → identifier → route → organization → session → access → origin and token → body → handler → response, with
/// the security headers and a line in the log whatever happened.
struct Site: Sendable {
    /// `staff` or `patient`: part of the cookies' names, as both may be served from one host in the demonstration.
    let name: String
    let facades: Facades
    let routes: [Route]
    let settings: SiteSettings
    let surroundings: Surroundings
    let renderer: Renderer
    let assets: Assets
    let log: RequestLog
    /// Whether sessions of staff open doors here; the patients' site has its own.
    let usesStaffSessions: Bool

    init(
        name: String,
        facades: Facades,
        routes: [Route],
        settings: SiteSettings,
        surroundings: Surroundings,
        telemetry: Telemetry,
        usesStaffSessions: Bool
    ) throws {
        self.name = name
        self.facades = facades
        self.routes = routes
        self.settings = settings
        self.surroundings = surroundings
        self.usesStaffSessions = usesStaffSessions
        renderer = try Assets.makeRenderer()
        assets = Assets()
        log = RequestLog(telemetry: telemetry, surroundings: surroundings)
    }

    static let assetEndpoint = "GET /assets"
    static let healthEndpoint = "GET /health"

    /// The routes in Hummingbird's trie.
    func makeRouter() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: Envelope(site: self))
        router.get("/health") { _, context in
            context.coreContext.endpointPath.value = Self.healthEndpoint
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "ok\n")))
        }
        router.get("/assets/:name") { _, context in
            context.coreContext.endpointPath.value = Self.assetEndpoint
            guard let name = context.parameters.get("name"), let response = assets.response(name) else {
                throw NotFound()
            }
            return response
        }
        router.get("/") { _, _ in try await front() }
        for route in routes {
            let method: HTTPRequest.Method = route.method == .get ? .get : .post
            router.on("/:organization\(route.path)", method: method) { request, context in
                context.coreContext.endpointPath.value = route.endpoint
                let passage = Passage(site: self, route: route, request: request, context: context)
                return try await passage.response()
            }
        }
        return router
    }

    /// The only organization's first page; nothing where there are several, since their names are nobody's business.
    private func front() async throws -> Response {
        let organizations = try await facades.identity.organizationsOfEveryTenant()
        guard organizations.count == 1, let only = organizations.first else { throw NotFound() }
        return .redirect(to: LocalPath(segments: [only.slug]).text)
    }

    func cookies(of organization: Organization) -> SessionCookie {
        SessionCookie(slug: organization.slug, site: name, isSecure: settings.isSecure)
    }

    /// The page for an error that no handler answered; needs no organization and no session.
    func errorResponse(_ failure: Failure, request: WardKernel.RequestID, language: Language, base: String) -> Response
    {
        let words = renderer.words(language)
        let frame = PlainFrame(
            title: words(failure.title),
            organizationName: "Ward",
            assetVersion: assets.version,
            bodyClass: name == "patient" ? "patient" : "plain",
            isDemonstration: false,
            header: HeaderModel(heading: words(failure.title), lede: nil, action: nil, crumbs: [], notice: nil),
            contentMarkup: errorContent(failure, request: request, words: words, base: base)
        )
        let ambient = Ambient(base: base, formToken: "", language: language)
        let page: String
        do {
            page = try renderer.markup(frame, ambient).html
        } catch {
            page = "\(failure.title) (\(request.short))"
        }
        return Response(
            status: .init(code: failure.status),
            headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: page))
        )
    }

    private func errorContent(_ failure: Failure, request: WardKernel.RequestID, words: Words, base: String) -> Markup {
        let model = ErrorContent(text: words(failure.text), requestShort: request.short)
        do {
            return try renderer.markup(model, Ambient(base: base, formToken: "", language: words.language))
        } catch {
            return .escaping(model.text)
        }
    }
}

/// What an error page says: never an error's own description.
struct Failure: Error, Sendable {
    let status: Int
    let title: String
    let text: String

    static let notFound = Failure(
        status: 404,
        title: "There is nothing here",
        text: "This address leads nowhere. It may be mistyped, or what it showed has been removed."
    )
    static let denied = Failure(
        status: 403,
        title: "Your roles do not allow this",
        text: "An administrator can give you the role that does, with a reason. The attempt is in the audit log."
    )
    static let foreign = Failure(
        status: 403,
        title: "This form did not come from this page",
        text: "Nothing was changed. Go back, reload the page, and send the form again."
    )
    static let bad = Failure(
        status: 400,
        title: "This request cannot be understood",
        text: "Nothing was changed. Go back, reload the page, and try again."
    )
    static let tooLarge = Failure(
        status: 413,
        title: "This is too large",
        text: "Nothing was changed. The page says how large a file or a text may be."
    )
    static let away = Failure(
        status: 503,
        title: "The database cannot be reached",
        text: "Nothing was changed. Try again in a minute; if it stays, tell an administrator."
    )
    static let broken = Failure(
        status: 500,
        title: "Something here is broken",
        text: "Nothing was changed. Tell an administrator the number below: it is in the log as well."
    )
}

struct ErrorContent: PageModel {
    static let template = "errors/error"
    let text: String
    let requestShort: String
}

/// Puts every response into its envelope: identifier, headers, log line, error page.
struct Envelope: RouterMiddleware {
    let site: Site

    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let start = site.surroundings.now()
        var context = context
        context.requestID = site.surroundings.makeIdentifier()
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let failure = ErrorClass.failure(for: error)
            if failure.status >= 500 { site.log.recordFailure(context.requestID, error) }
            response = site.errorResponse(
                failure,
                request: context.requestID,
                language: Language(acceptLanguage: request.headers[.acceptLanguage]),
                base: context.parameters.get("organization").map { "/" + LocalPath.encoded($0) } ?? ""
            )
        }
        let isAsset = context.coreContext.endpointPath.value == Site.assetEndpoint && response.status == .ok
        SecurityHeaders.apply(to: &response.headers, isSecure: site.settings.isSecure, isCacheable: isAsset)
        response.headers[SecurityHeaders.named("x-request-id")] = context.requestID.short
        let route = site.template(of: context.coreContext.endpointPath.value)
        site.log.record(
            context.requestID,
            request.method.rawValue,
            route: route,
            status: response.status.code,
            since: start
        )
        return response
    }
}

extension Site {
    /// The route's template as the source writes it; a fixed word for everything that is no route.
    func template(of endpoint: String?) -> StaticString {
        if endpoint == Self.assetEndpoint { return "/assets/:name" }
        if endpoint == Self.healthEndpoint { return "/health" }
        let found = routes.first { $0.endpoint == endpoint }
        return found?.path ?? "none"
    }
}
