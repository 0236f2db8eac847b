// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardIdentity
import WardKernel
import WardRender

struct ContactListContent: PageModel {
    static let template = "contacts/list"

    struct Row: Sendable {
        let rowName: String
        let rowHref: String
        let rowFields: [RowField]
        let isDeceased: Bool
    }

    struct RowField: Sendable {
        let fieldLabel: String
        let phi: ProtectedValueModel?
        let plain: String?
    }

    struct NextSearch: Sendable {
        let nextTerm: String
        let nextCursor: String
    }

    let columns: [String]
    let rows: [Row]
    let countText: String
    let term: String
    let isSearch: Bool
    let nextHref: String?
    let nextSearch: NextSearch?
    let empty: EmptyModel?
}

enum ContactListPages {
    static let shown: [AttributeName] = [.birthDate, .sex, .email, .city, .language]

    static func list(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let cursor = try visit.query.optional("after").flatMap { ContactID($0) }
        let contacts = visit.contacts
        let page = try await contacts.page(after: cursor, by: requester)
        let count = try await contacts.count(by: requester)
        let next = page.next.map { visit.path("contacts", query: [("after", "\($0)")]).text }
        let text = visit.words("{count} {count|person|people}", count: count)
        return .page(Self.page(visit, page.people, count: text, term: "", next: next, nextSearch: nil))
    }

    /// By e-mail address, phone number, or words of a name.
    static func search(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let contacts = visit.contacts
        let term = try visit.form.text("term")
        if term.isEmpty { return .seeOther(visit.path("contacts")) }
        let people: [ContactSummary]
        var next: ContactListContent.NextSearch?
        if term.contains("@") {
            people = try await contacts.find(.email(Sensitive(term)), by: requester)
        } else if term.contains(where: \.isNumber), !term.contains(where: \.isLetter) {
            people = try await contacts.find(.phone(Sensitive(term)), by: requester)
        } else {
            let cursor = try visit.form.optional("after").flatMap { ContactID($0) }
            let page = try await contacts.search(name: Sensitive(term), after: cursor, by: requester)
            people = page.people
            next = page.next.map { .init(nextTerm: term, nextCursor: "\($0)") }
        }
        let text = visit.words("{count} {count|person|people} found", count: people.count)
        return .page(Self.page(visit, people, count: text, term: term, next: nil, nextSearch: next))
    }

    private static func page(
        _ visit: Visit,
        _ people: [ContactSummary],
        count: String,
        term: String,
        next: String?,
        nextSearch: ContactListContent.NextSearch?
    ) -> Page {
        let words = visit.words
        let content = ContactListContent(
            columns: shown.compactMap { AttributeDefinition.builtInsByName[$0] }.map { words($0.label) },
            rows: people.map { row($0, visit) },
            countText: count,
            term: term,
            isSearch: !term.isEmpty,
            nextHref: next,
            nextSearch: nextSearch,
            empty: people.isEmpty ? empty(visit, isSearch: !term.isEmpty) : nil
        )
        let mayImport = visit.session?.requester.may(.importContacts) ?? false
        let importing = Page.Action(label: words("Import people"), href: visit.base + "/imports")
        return Page(
            words("Contacts"),
            .staff(section: .contacts),
            lede: words("Values with the lock are protected and shown in part. Each reveal is in the audit log."),
            action: mayImport ? importing : nil,
            content: content
        )
    }

    private static func row(_ person: ContactSummary, _ visit: Visit) -> ContactListContent.Row {
        let byName = Dictionary(person.fields.map { ($0.attribute, $0) }, uniquingKeysWith: { first, _ in first })
        return .init(
            rowName: person.name,
            rowHref: visit.base + "/contacts/\(person.contact)",
            rowFields: shown.map { name in
                let field = byName[name]
                return .init(
                    fieldLabel: field?.label ?? "",
                    phi: field.flatMap { $0.isMasked ? ProtectedValueModel(phiText: $0.text, isMasked: true) : nil },
                    plain: field.flatMap { $0.isMasked ? nil : $0.text }
                )
            },
            isDeceased: person.isDeceased
        )
    }

    private static func empty(_ visit: Visit, isSearch: Bool) -> EmptyModel {
        if isSearch {
            return EmptyModel(
                emptyTitle: visit.words("Nobody was found"),
                emptyText: visit.words(
                    "Search by a whole e-mail address, a whole phone number, or parts of given and family name."
                ),
                emptyAction: LinkModel(linkLabel: visit.words("Show everybody"), linkHref: visit.base + "/contacts")
            )
        }
        return EmptyModel(
            emptyTitle: visit.words("No people yet"),
            emptyText: visit.words(
                "Contacts are the people you write to. Import a CSV file or a FHIR export to begin."
            ),
            emptyAction: nil
        )
    }
}
