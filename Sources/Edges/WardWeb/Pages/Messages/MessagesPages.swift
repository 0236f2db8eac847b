// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardIdentity
import WardKernel
import WardPortal
import WardRender

struct MessagesContent: PageModel {
    static let template = "messages/list"

    struct Row: Sendable {
        let rowHref: String
        let rowSubject: ProtectedValueModel
        let rowPerson: ProtectedValueModel
        let answered: MomentModel?
        let rowAssigned: String?
    }

    struct Lock: Sendable {
        let lockPerson: ProtectedValueModel
        let lockContact: String
        let lockedAt: MomentModel
    }

    let locks: [Lock]
    let mayUnlock: Bool
    let filters: [FilterModel]
    let rows: [Row]
    let nextHref: String?
    let empty: EmptyModel?
}

/// One chip of a filter.
struct FilterModel: Sendable {
    let filterLabel: String
    let filterHref: String
    let filterIsCurrent: Bool
}

/// The list of conversations, and people whom the portal locked out.
enum MessagesPages {
    static func list(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func unlock(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let reason = try visit.form.text("reason")
        do {
            try await visit.facades.portal.unlock(contact, reason: reason, requester: try visit.requester)
        } catch PortalError.reasonMissing {
            let page = try await page(visit)
            return .page(page.with(.init(text: visit.words("Give a reason. It is kept in the audit log."), tone: .bad)))
        }
        return .seeOther(visit.path("messages"))
    }

    private static func page(_ visit: Visit) async throws -> Page {
        let requester = try visit.requester
        let portal = visit.facades.portal
        let (filter, name) = try filter(visit)
        let found = try await portal.threads(filter, after: try position(visit), requester: requester)
        let alerts = try await portal.alerts(requester: requester)
        let people = try await names(
            of: Set(found.threads.map(\.contact) + alerts.map(\.contact)),
            visit
        )
        let staff = try await visit.facades.identity.names(
            of: Set(found.threads.compactMap(\.assignedTo)),
            in: visit.organization.id
        )
        let rows = found.threads.map { thread in
            MessagesContent.Row(
                rowHref: visit.base + "/messages/\(thread.id)",
                rowSubject: .init(phiText: thread.subject.expose(for: .disclosing) { $0 }, isMasked: false),
                rowPerson: people[thread.contact] ?? .init(phiText: "••••", isMasked: true),
                answered: thread.lastAnswerAt.map(visit.moment),
                rowAssigned: thread.assignedTo.flatMap { staff[$0] }
            )
        }
        let content = MessagesContent(
            locks: alerts.map {
                .init(
                    lockPerson: people[$0.contact] ?? .init(phiText: "••••", isMasked: true),
                    lockContact: "\($0.contact)",
                    lockedAt: visit.moment($0.raisedAt)
                )
            },
            mayUnlock: requester.may(.answerMessages),
            filters: filters(visit, current: name),
            rows: rows,
            nextHref: found.next.map { next(visit, name, $0) },
            empty: rows.isEmpty ? empty(visit) : nil
        )
        return Page(
            visit.words("Messages"),
            .staff(section: .messages),
            lede: visit.words("What people answered in the portal, and your replies."),
            action: .init(label: visit.words("Mail queue"), href: visit.base + "/queue"),
            content: content
        )
    }

    private static func filter(_ visit: Visit) throws -> (ThreadFilter, String) {
        if let contact = try visit.query.optional("person").flatMap({ ContactID($0) }) {
            return (.person(contact), "person")
        }
        return try visit.query.text("show") == "handled" ? (.handled, "handled") : (.needsAnswer, "open")
    }

    private static func position(_ visit: Visit) throws -> ThreadPosition? {
        guard let at = Int64(try visit.query.text("at")), let id = ThreadID(try visit.query.text("id")) else {
            return nil
        }
        return ThreadPosition(at: Timestamp(microseconds: at), id: id)
    }

    private static func next(_ visit: Visit, _ show: String, _ position: ThreadPosition) -> String {
        let query = [("show", show), ("at", "\(position.at.microseconds)"), ("id", "\(position.id)")]
        return visit.path("messages", query: query).text
    }

    private static func filters(_ visit: Visit, current: String) -> [FilterModel] {
        [("open", "Waiting for an answer"), ("handled", "Dealt with")].map { name, label in
            FilterModel(
                filterLabel: visit.words(label),
                filterHref: visit.path("messages", query: [("show", name)]).text,
                filterIsCurrent: name == current
            )
        }
    }

    private static func empty(_ visit: Visit) -> EmptyModel {
        EmptyModel(
            emptyTitle: visit.words("Nothing here"),
            emptyText: visit.words(
                "When a person answers a message in the portal, the conversation appears here until someone answers or "
                    + "marks it as dealt with."
            ),
            emptyAction: nil
        )
    }

    /// Masked names, for those who may see people at all.
    static func names(of contacts: Set<ContactID>, _ visit: Visit) async throws -> [ContactID: ProtectedValueModel] {
        let requester = try visit.requester
        guard !contacts.isEmpty, requester.may(.viewContacts) else { return [:] }
        let people = try await visit.facades.contacts.summaries(of: Array(contacts), by: requester)
        return Dictionary(
            people.map { ($0.contact, ProtectedValueModel(phiText: $0.name, isMasked: true)) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
