// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardIdentity
import WardKernel
import WardPortal
import WardRecipientKeys
import WardRender

struct ContactContent: PageModel {
    static let template = "contacts/detail"

    struct Fact: Sendable {
        let factLabel: String
        let phi: ProtectedValueModel?
        let plain: String?
    }

    struct Event: Sendable {
        let eventDay: String
        let eventKind: String
        let eventText: String
        let eventDetail: String?
    }

    /// Whether restricted messages can reach the person, for those who answer them.
    struct Passphrase: Sendable {
        let standing: StatusModel
        let since: MomentModel?
        let passphraseHref: String?
    }

    let contactIdentifier: String
    let passphrase: Passphrase?
    /// Where the person's certificates and keys are, and how many there are.
    let keysHref: String
    let keysText: String
    /// Where it is said how messages to the person travel.
    let protectionHref: String
    /// Where the person's requests for unencrypted mail are, for those who see consent.
    let requestsHref: String?
    let summary: ErrorSummary?
    let facts: [Fact]
    let events: [Event]
    let isDeceased: Bool
    let isRevealed: Bool
    let mayReveal: Bool
    let reason: String
    let maskHref: String
}

enum ContactPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await masked(visit)) }

    static func reveal(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let requester = try visit.requester
        let outcome = try await visit.contacts.reveal(
            contact,
            reason: Sensitive(try visit.form.text("reason")),
            by: requester
        )
        switch outcome {
        case .notFound: throw NotFound()
        case .reasonMissing:
            let text = visit.words("Say why you need to see these values.")
            return .page(try await masked(visit, problem: text), status: 422)
        case .revealed(let facts):
            let definitions = try await visit.contacts.attributes(by: requester)
            let passphrase = try await passphrase(of: contact, visit)
            let keys = try await keysText(of: contact, visit)
            return .page(facts.expose(for: .disclosing) { revealed($0, definitions, passphrase, keys, visit) })
        }
    }

    private static func masked(_ visit: Visit, problem: String? = nil) async throws -> Page {
        let contact: ContactID = try visit.identifier("contact")
        let requester = try visit.requester
        guard let person = try await visit.contacts.summaries(of: [contact], by: requester).first else {
            throw NotFound()
        }
        let content = ContactContent(
            contactIdentifier: "\(contact)",
            passphrase: try await passphrase(of: contact, visit),
            keysHref: visit.path("contacts", "\(contact)", "keys").text,
            keysText: try await keysText(of: contact, visit),
            protectionHref: visit.path("contacts", "\(contact)", "protection").text,
            requestsHref: requestsHref(contact, visit),
            summary: ErrorSummary(visit.words, problem.map { [("reason", $0)] } ?? []),
            facts: person.fields.map { field in
                .init(
                    factLabel: visit.words(field.label),
                    phi: field.isMasked ? ProtectedValueModel(phiText: field.text, isMasked: true) : nil,
                    plain: field.isMasked ? nil : field.text
                )
            },
            events: [],
            isDeceased: person.isDeceased,
            isRevealed: false,
            mayReveal: requester.may(.revealContacts),
            reason: "",
            maskHref: ""
        )
        return page(person.name, content, visit)
    }

    private static func keysText(of contact: ContactID, _ visit: Visit) async throws -> String {
        let keys = try await visit.facades.recipientKeys.keys(of: contact, by: try visit.requester)
        guard !keys.isEmpty else { return visit.words("Keep a certificate or key") }
        let usable = keys.filter(\.standing.isUsable).count
        return visit.words("{count} usable of {total}", ["count": "\(usable)", "total": "\(keys.count)"])
    }

    private static func requestsHref(_ contact: ContactID, _ visit: Visit) -> String? {
        guard visit.session?.requester.may(.viewConsent) == true else { return nil }
        return visit.path("contacts", "\(contact)", "requests").text
    }

    private static func passphrase(of contact: ContactID, _ visit: Visit) async throws -> ContactContent.Passphrase? {
        let requester = try visit.requester
        guard requester.may(.viewMessages) else { return nil }
        let found = try await visit.facades.portal.passphraseStanding(of: contact, requester: requester)
        let (standing, since) = PassphrasePages.standing(found, visit)
        return .init(
            standing: standing,
            since: since,
            passphraseHref: PassphrasePages.link(for: contact, visit)?.linkHref
        )
    }

    private static func revealed(
        _ facts: PersonFacts,
        _ definitions: [AttributeDefinition],
        _ passphrase: ContactContent.Passphrase?,
        _ keysText: String,
        _ visit: Visit
    ) -> Page {
        let name = [AttributeName.givenName, .familyName].compactMap { facts.attributes[$0]?.display }
            .joined(separator: " ")
        let content = ContactContent(
            contactIdentifier: "\(facts.contact)",
            passphrase: passphrase,
            keysHref: visit.path("contacts", "\(facts.contact)", "keys").text,
            keysText: keysText,
            protectionHref: visit.path("contacts", "\(facts.contact)", "protection").text,
            requestsHref: requestsHref(facts.contact, visit),
            summary: nil,
            facts: definitions.compactMap { definition in
                guard let value = facts.attributes[definition.name] else { return nil }
                let text = display(value, visit)
                return .init(
                    factLabel: visit.words(definition.label),
                    phi: definition.isPHI ? ProtectedValueModel(phiText: text, isMasked: false) : nil,
                    plain: definition.isPHI ? nil : text
                )
            },
            events: facts.records.sorted { $0.start > $1.start }.prefix(500).map { event($0, visit) },
            isDeceased: facts.isDeceased,
            isRevealed: true,
            mayReveal: false,
            reason: "",
            maskHref: visit.base + "/contacts/\(facts.contact)"
        )
        return page(name.isEmpty ? visit.words("Unnamed") : name, content, visit)
    }

    private static func display(_ value: AttributeValue, _ visit: Visit) -> String {
        if case .date(let date) = value { return visit.times.day(date) }
        return value.display
    }

    private static func event(_ record: DatedRecord, _ visit: Visit) -> ContactContent.Event {
        let value = record.value.map { [$0.display, record.unit ?? ""].joined(separator: " ") }
        let details = [record.code.isEmpty ? nil : record.code, record.status, value]
        let detail = details.compactMap { $0 }.joined(separator: " · ")
        return .init(
            eventDay: visit.times.day(record.start),
            eventKind: visit.words(record.kind.rawValue),
            eventText: record.display,
            eventDetail: detail.isEmpty ? nil : detail
        )
    }

    private static func page(_ title: String, _ content: ContactContent, _ visit: Visit) -> Page {
        var page = Page(title, .staff(section: .contacts), content: content)
        page.windowTitle = visit.words("Contact")
        page.crumbs = [.init(label: visit.words("Contacts"), href: visit.base + "/contacts")]
        return page
    }
}
