// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardRender

struct MailRouteListContent: PageModel {
    static let template = "mailroutes/list"

    struct Row: Sendable {
        let rowDomain: String
        let rowHref: String
        let rowServer: String
        let rowCertificate: String
        let rowProof: String
        let carries: StatusModel
        let signsIn: String
        let changed: MomentModel
    }

    let rows: [Row]
    let empty: EmptyModel?
}

struct MailRouteContent: PageModel {
    static let template = "mailroutes/route"

    let summary: ErrorSummary?
    let formHref: String
    let isNew: Bool
    let domain: FieldModel?
    let host: FieldModel
    let port: FieldModel
    let certificate: FieldModel
    let choiceGroup: String
    let choices: [ChoiceModel]
    let ownerError: String?
    let hasAgreement: Bool
    let hasOnwardTLS: Bool
    let credentialChoices: [ChoiceModel]
    let user: FieldModel
    let password: FieldModel
    let reason: FieldModel
    let removeHref: String?
    let removal: FieldModel
}

/// Where mail for a domain is handed over instead of at the servers that its MX records name.
enum MailRoutePages {
    static func list(_ visit: Visit) async throws -> Reply {
        let routes = try await visit.facades.delivery.routes(by: try visit.requester)
        let words = visit.words
        let empty = EmptyModel(
            emptyTitle: words("No routes"),
            emptyText: words(
                "Mail goes straight to the servers of each recipient, which is what needs the least trust. Add a route "
                    + "when a domain’s mail must be handed to one server, or when this machine may send through a relay only."
            ),
            emptyAction: nil
        )
        let content = MailRouteListContent(
            rows: routes.map { row($0, visit) },
            empty: routes.isEmpty ? empty : nil
        )
        var page = Page(
            words("Mail routes"),
            .staff(section: .settings),
            lede: words("Where mail is handed over, and how far Ward can prove that it is protected."),
            action: .init(label: words("Add a route"), href: visit.base + "/settings/routes/new"),
            content: content
        )
        page.crumbs = [.init(label: words("Settings"), href: visit.base + "/settings")]
        return .page(page)
    }

    static func new(_ visit: Visit) async throws -> Reply {
        _ = try await visit.facades.delivery.routes(by: try visit.requester)
        return .page(page(visit, MailRouteForm(), listing: nil))
    }

    static func add(_ visit: Visit) async throws -> Reply { try await keep(visit, listing: nil) }

    static func show(_ visit: Visit) async throws -> Reply {
        let listing = try await listing(visit)
        return .page(page(visit, MailRouteForm(listing), listing: listing))
    }

    static func change(_ visit: Visit) async throws -> Reply {
        try await keep(visit, listing: try await listing(visit))
    }

    static func remove(_ visit: Visit) async throws -> Reply {
        let listing = try await listing(visit)
        let outcome = try await visit.facades.delivery.removeRoute(
            of: listing.route.domain,
            why: try visit.form.text("removal"),
            by: try visit.requester
        )
        guard case .refused = outcome else { return .seeOther(visit.path("settings", "routes")) }
        let problem = ("removal", visit.words(RouteProblem.reasonMissing.sentence))
        return .page(page(visit, MailRouteForm(listing), listing: listing, problem: problem), status: 422)
    }

    private static func keep(_ visit: Visit, listing: RouteListing?) async throws -> Reply {
        var form = try MailRouteForm(visit.form)
        if let listing { form.domain = listing.route.domain }
        guard ["recipients", "relay"].contains(form.owner) else {
            let problem = ("owner-recipients", visit.words("Say whose server it is."))
            return .page(page(visit, form, listing: listing, problem: problem), status: 422)
        }
        let change = try form.change(password: visit.form.secret("password"), addsDomain: listing == nil)
        let outcome = try await visit.facades.delivery.change(change, why: form.reason, by: try visit.requester)
        switch outcome {
        case .done: return .seeOther(visit.path("settings", "routes"))
        case .unknown: throw NotFound()
        case .refused(let found):
            let problem = (MailRouteForm.field(of: found), visit.words(found.sentence))
            return .page(page(visit, form, listing: listing, problem: problem), status: 422)
        }
    }

    private static func listing(_ visit: Visit) async throws -> RouteListing {
        let word = visit.parameters["domain"] ?? ""
        let domain = word == "all" ? "*" : word
        let routes = try await visit.facades.delivery.routes(by: try visit.requester)
        guard let found = routes.first(where: { $0.route.domain == domain }) else { throw NotFound() }
        return found
    }

    private static func href(_ domain: String, _ visit: Visit) -> String {
        visit.path("settings", "routes", domain == "*" ? "all" : domain).text
    }

    private static func name(_ domain: String, _ words: Words) -> String {
        domain == "*" ? words("all other domains") : domain
    }

    private static func row(_ listing: RouteListing, _ visit: Visit) -> MailRouteListContent.Row {
        let (route, words) = (listing.route, visit.words)
        return .init(
            rowDomain: name(route.domain, words),
            rowHref: href(route.domain, visit),
            rowServer: "\(route.host):\(route.port)",
            rowCertificate: route.certificateName,
            rowProof: route.isRecipientsServer
                ? words("the recipients’ own server") : words("the relay: nothing behind it is proved"),
            carries: route.mayCarryProtected
                ? StatusModel(words("carries protected mail"), .good)
                : StatusModel(words("notices without content only"), .warn),
            signsIn: listing.hasCredentials ? words("user and password on record") : words("none"),
            changed: visit.moment(listing.changedAt)
        )
    }

    private static func page(
        _ visit: Visit,
        _ form: MailRouteForm,
        listing: RouteListing?,
        problem: (field: String, text: String)? = nil
    ) -> Page {
        let words = visit.words
        let title =
            listing.map { words("Mail to {domain}", ["domain": name($0.route.domain, words)]) } ?? words("Add a route")
        let content = content(visit, form, listing, problem)
        var page = Page(
            title,
            .staff(section: .settings),
            lede: words("It takes effect at the next attempt of each message."),
            content: content
        )
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Mail routes"), href: visit.base + "/settings/routes"),
        ]
        return page
    }
}

// MARK: The form's model

extension MailRoutePages {
    private static func content(
        _ visit: Visit,
        _ form: MailRouteForm,
        _ listing: RouteListing?,
        _ problem: (field: String, text: String)?
    ) -> MailRouteContent {
        let words = visit.words
        func error(_ name: String) -> String? { problem?.field == name ? problem?.text : nil }
        let target = listing.map { href($0.route.domain, visit) }
        let domain = FieldModel(
            "domain",
            words("Domain of the recipients"),
            help: words("Such as clinic.example, or * for every domain without a route of its own."),
            error: error("domain"),
            value: form.domain,
            maxLength: 253
        )
        return MailRouteContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            formHref: target ?? visit.path("settings", "routes", "new").text,
            isNew: listing == nil,
            domain: listing == nil ? domain : nil,
            host: FieldModel(
                "host",
                words("Server"),
                help: words("A host name or an IP address."),
                error: error("host"),
                value: form.host,
                maxLength: 255
            ),
            port: FieldModel("port", words("Port"), error: error("port"), value: form.port, maxLength: 5),
            certificate: FieldModel(
                "certificate",
                words("Name in the server’s certificate"),
                help: words("When it differs from the server above. Mail leaves only when the certificate proves it."),
                error: error("certificate"),
                value: form.certificateName,
                isRequired: false,
                maxLength: 255
            ),
            choiceGroup: "owner",
            choices: owners(form, words),
            ownerError: error("owner-recipients"),
            hasAgreement: form.hasAgreement,
            hasOnwardTLS: form.hasOnwardTLS,
            credentialChoices: listing?.hasCredentials == true ? credentials(form, words) : [],
            user: FieldModel(
                "user",
                words("User"),
                error: error("user"),
                value: form.user,
                isRequired: false,
                maxLength: 255
            ),
            password: FieldModel(
                "password",
                words("Password of this user"),
                .password,
                help: words("Sealed at once, and shown to nobody again."),
                error: error("password"),
                autocomplete: "new-password",
                isRequired: false,
                maxLength: 255
            ),
            reason: FieldModel(
                "reason",
                words("Reason"),
                help: words("Kept in the audit log, such as: agreement with the relay signed on 3 November."),
                error: error("reason"),
                value: form.reason,
                maxLength: 500
            ),
            removeHref: target.map { $0 + "/remove" },
            removal: FieldModel("removal", words("Reason"), error: error("removal"), maxLength: 500)
        )
    }

    private static func owners(_ form: MailRouteForm, _ words: Words) -> [ChoiceModel] {
        [
            ChoiceModel(
                "recipients",
                words("The recipients’ own mail server"),
                help: words("Nobody else is on the way: what Ward proves, it proves to the end."),
                isChosen: form.owner == "recipients"
            ),
            ChoiceModel(
                "relay",
                words("A relay that passes mail on"),
                help: words(
                    "Ward proves the way to the relay. What the relay does, it cannot see: there your declarations count."
                ),
                isChosen: form.owner == "relay"
            ),
        ]
    }

    private static func credentials(_ form: MailRouteForm, _ words: Words) -> [ChoiceModel] {
        [
            ("keep", "Keep the user and password on record"), ("replace", "Write others"),
            ("remove", "Remove them: the server asks for none"),
        ].map { ChoiceModel($0.0, words($0.1), isChosen: form.credentials == $0.0) }
    }
}
