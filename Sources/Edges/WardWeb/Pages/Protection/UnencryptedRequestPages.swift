// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardKernel
import WardRender

struct UnencryptedRequestContent: PageModel {
    static let template = "protection/requests"

    struct Request: Sendable {
        let requestIdentifier: String
        let requestStanding: StatusModel
        let requestWay: String
        let requestScope: String
        let requestWarning: String
        let asked: MomentModel
        let mayWithdraw: Bool
    }

    let summary: ErrorSummary?
    let formHref: String
    let requests: [Request]
    let mayRecord: Bool
    let warning: String
    let address: FieldModel
    let ways: [ChoiceModel]
    let scopes: [ChoiceModel]
}

/// One person's own requests for unencrypted mail: what is on record, and a new one after the warning.
enum UnencryptedRequestPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func record(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        guard let address = EmailAddress(try visit.form.text("address")) else {
            let text = visit.words("Write the address as the person gave it.")
            return .page(try await page(visit, problem: ("address", text)), status: 422)
        }
        guard try visit.form.text("warned") == "yes", let way = RequestWay(rawValue: try visit.form.text("way")) else {
            let text = visit.words("Give the person the warning first, and say how they asked.")
            return .page(try await page(visit, problem: ("warned", text)), status: 422)
        }
        let scope = RequestScope(rawValue: try visit.form.text("scope")) ?? .thisRequest
        try await visit.facades.consent.recordNow(contact, address, scope: scope, way: way, by: try visit.requester)
        return .seeOther(visit.path("contacts", "\(contact)", "requests"))
    }

    static func withdraw(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        guard let id = UnencryptedRequestID(try visit.form.text("request")) else { throw NotFound() }
        do {
            try await visit.facades.consent.withdraw(id, by: try visit.requester)
        } catch ConsentError.requestNotFound {
            throw NotFound()
        }
        return .seeOther(visit.path("contacts", "\(contact)", "requests"))
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let contact: ContactID = try visit.identifier("contact")
        let requester = try visit.requester
        let words = visit.words
        let found = try await visit.facades.consent.unencryptedRequests(of: contact, by: requester)
        let mayRecord = requester.may(.editConsent)
        let content = UnencryptedRequestContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            formHref: visit.path("contacts", "\(contact)", "requests").text,
            requests: found.map { request in
                .init(
                    requestIdentifier: "\(request.id)",
                    requestStanding: standing(request, words),
                    requestWay: words(request.way.title),
                    requestScope: words(title(request.scope)),
                    requestWarning: request.warningVersion,
                    asked: visit.moment(request.askedAt),
                    mayWithdraw: mayRecord && request.withdrawnAt == nil
                )
            },
            mayRecord: mayRecord,
            warning: words(UnencryptedWarning.current.english),
            address: FieldModel(
                "address",
                words("Address, as the person gives it"),
                .email,
                error: problem?.field == "address" ? problem?.text : nil,
                value: visit.form.all("address").first ?? "",
                maxLength: 254
            ),
            ways: RequestWay.allCases.map { ChoiceModel($0.rawValue, words($0.title)) },
            scopes: RequestScope.allCases.map { ChoiceModel($0.rawValue, words(title($0))) }
        )
        var page = Page(
            words("Unencrypted mail at the person’s request"),
            .staff(section: .contacts),
            lede: words(
                "A person may ask for ordinary e-mail once warned. It holds for that person and address alone."
            ),
            content: content
        )
        page.crumbs = [
            .init(label: words("Contacts"), href: visit.base + "/contacts"),
            .init(label: words("Contact"), href: visit.path("contacts", "\(contact)").text),
        ]
        return page
    }

    private static func standing(_ request: RecordedRequest, _ words: Words) -> StatusModel {
        if request.withdrawnAt != nil { return StatusModel(words("withdrawn"), .plain) }
        if request.answeredAt != nil { return StatusModel(words("answered"), .plain) }
        return StatusModel(words("on record"), .good)
    }

    private static func title(_ scope: RequestScope) -> String {
        switch scope {
        case .all: "all mail to this address"
        case .thisRequest: "one answer alone"
        }
    }
}
