// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct PersonProtectionContent: PageModel {
    static let template = "protection/person"

    let summary: ErrorSummary?
    let formHref: String
    let effective: [EffectiveRow]
    let hasDomainRules: Bool
    let mayChange: Bool
    let methods: [ChoiceModel]
    let methodsError: String?
    let firsts: [ChoiceModel]
    let exclusive: [ChoiceModel]
    let exclusiveError: String?
    let unprotected: [ChoiceModel]
    let reason: FieldModel
}

/// What was agreed with one person about how messages travel, and what that comes to (45 CFR 164.522(b)).
enum PersonProtectionPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func change(_ visit: Visit) async throws -> Reply {
        let contact = try await person(visit)
        let outcome = try await visit.facades.delivery.setProtection(
            try await rule(visit),
            of: contact,
            why: try visit.form.text("reason"),
            by: try visit.requester
        )
        guard case .refused(let problem) = outcome else {
            return .seeOther(visit.path("contacts", "\(contact)", "protection"))
        }
        let field = field(of: problem)
        return .page(try await page(visit, problem: (field, visit.words(problem.sentence))), status: 422)
    }

    /// A person who is not there gets no rule.
    private static func person(_ visit: Visit) async throws -> ContactID {
        let contact: ContactID = try visit.identifier("contact")
        let found = try await visit.facades.contacts.summaries(of: [contact], by: try visit.requester)
        guard !found.isEmpty else { throw NotFound() }
        return contact
    }

    private static func rule(_ visit: Visit) async throws -> ProtectionRule {
        let chosen = visit.form.all("method").compactMap { SendMethod(rawValue: $0) }
        var order: [SendMethod]?
        if let first = SendMethod(rawValue: try visit.form.text("first")) {
            // After the first, as it holds without a rule of this person.
            let inherited = try await visit.facades.delivery.protectionWithoutOwnRule(by: try visit.requester)
            order = [first] + inherited.order.value.filter { $0 != first }
        }
        return ProtectionRule(
            order: order,
            methods: chosen.count == SendMethod.chosen.count ? nil : Set(chosen).byStrength,
            isTLSExclusive: flag(try visit.form.text("exclusive")),
            mayGoUnprotectedWhenFree: flag(try visit.form.text("unprotected"))
        )
    }

    private static func flag(_ text: String) -> Bool? { text == "yes" ? true : text == "no" ? false : nil }

    private static func field(of problem: PolicyProblem) -> String {
        switch problem {
        case .methodsInvalid: "methods"
        case .exclusiveWithoutTLS: "exclusive"
        case .orderInvalid: "first"
        case .reasonMissing, .domainInvalid, .nameInvalid, .ruleSaysNothing, .markInvalid, .neutralSubjectInvalid,
            .drugListTooLong, .daysInvalid, .noDraft, .notSimulated, .changedSince, .unknownRule:
            "reason"
        }
    }
}

// MARK: The page's model

extension PersonProtectionPages {
    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let contact = try await person(visit)
        let requester = try visit.requester
        let words = visit.words
        let standing = try await visit.facades.delivery.protection(of: contact, domain: nil, by: requester)
        let rule = standing.rule ?? ProtectionRule()
        let hasDomainRules = try await visit.facades.delivery.hasDomainRules(by: requester)
        func typed(_ name: String, _ standard: String) -> String { visit.form.all(name).first ?? standard }
        func error(_ name: String) -> String? { problem?.field == name ? problem?.text : nil }
        let content = PersonProtectionContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            formHref: visit.path("contacts", "\(contact)", "protection").text,
            effective: EffectiveRow.rows(standing.effective, words),
            hasDomainRules: hasDomainRules,
            mayChange: requester.may(.editConsent),
            methods: methods(visit, rule, isTyped: problem != nil),
            methodsError: error("methods"),
            firsts: firsts(words, typed("first", rule.order?.first?.rawValue ?? "")),
            exclusive: flags(words, typed("exclusive", word(rule.isTLSExclusive))),
            exclusiveError: error("exclusive"),
            unprotected: flags(words, typed("unprotected", word(rule.mayGoUnprotectedWhenFree))),
            reason: FieldModel(
                "reason",
                words("Why? It is kept in the audit log."),
                help: words("Such as what the person asked for, and when."),
                error: error("reason"),
                value: typed("reason", ""),
                maxLength: 500
            )
        )
        var page = Page(
            words("How messages to this person travel"),
            .staff(section: .contacts),
            lede: words("What was agreed with the person. It can narrow what the organization allows, never widen it."),
            content: content
        )
        page.crumbs = [
            .init(label: words("Contacts"), href: visit.base + "/contacts"),
            .init(label: words("Contact"), href: visit.path("contacts", "\(contact)").text),
        ]
        return page
    }

    private static func methods(_ visit: Visit, _ rule: ProtectionRule, isTyped: Bool) -> [ChoiceModel] {
        let typed = visit.form.all("method")
        return SendMethod.chosen.map { method in
            let isAllowed = rule.methods?.contains(method) ?? true
            return ChoiceModel(
                method.rawValue,
                visit.words(method.title),
                isChosen: isTyped ? typed.contains(method.rawValue) : isAllowed
            )
        }
    }

    private static func firsts(_ words: Words, _ chosen: String) -> [ChoiceModel] {
        [ChoiceModel("", words("as for everybody"), isChosen: chosen.isEmpty)]
            + SendMethod.chosen.map {
                ChoiceModel($0.rawValue, words($0.title), isChosen: $0.rawValue == chosen)
            }
    }

    private static func word(_ flag: Bool?) -> String { flag.map { $0 ? "yes" : "no" } ?? "inherit" }

    private static func flags(_ words: Words, _ chosen: String) -> [ChoiceModel] {
        [("inherit", "as for everybody"), ("yes", "yes"), ("no", "no")].map { value, label in
            ChoiceModel(value, words(label), isChosen: chosen == value)
        }
    }
}
