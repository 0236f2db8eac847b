// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardIdentity
import WardKernel
import WardPortal
import WardRender

struct PassphraseContent: PageModel {
    static let template = "contacts/passphrase"

    let contactIdentifier: String
    let summary: ErrorSummary?
    let person: ProtectedValueModel
    let standing: StatusModel
    let since: MomentModel?
    let isAgreed: Bool
    let minimumText: String
    let passphrase: FieldModel
    let again: FieldModel
    let reason: FieldModel
    let withdrawal: FieldModel
}

/// Agreeing with one person on what opens restricted messages. The phrase goes in and never comes out again.
enum PassphrasePages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func agree(_ visit: Visit) async throws -> Reply {
        let contact = try await person(visit).contact
        let typed = visit.form.all("passphrase")
        guard typed == visit.form.all("again") else {
            let text = visit.words("The two passphrases differ. Type the same one twice.")
            return .page(try await page(visit, problem: ("again", text)), status: 422)
        }
        do {
            try await visit.facades.portal.agreePassphrase(
                visit.form.secret("passphrase"),
                with: contact,
                reason: try visit.form.text("reason"),
                requester: try visit.requester
            )
        } catch PortalError.passphraseTooShort {
            return .page(try await page(visit, problem: ("passphrase", minimum(visit))), status: 422)
        } catch PortalError.reasonMissing {
            let text = visit.words("Say how you agreed it, and how you know who it was.")
            return .page(try await page(visit, problem: ("reason", text)), status: 422)
        }
        return .seeOther(visit.path("contacts", "\(contact)", "passphrase"))
    }

    static func withdraw(_ visit: Visit) async throws -> Reply {
        let contact = try await person(visit).contact
        do {
            // Whether one was agreed until now or not, none is now, which is what the page says.
            _ = try await visit.facades.portal.withdrawPassphrase(
                of: contact,
                reason: try visit.form.text("withdrawal"),
                requester: try visit.requester
            )
        } catch PortalError.reasonMissing {
            let text = visit.words("Say why the passphrase is taken back.")
            return .page(try await page(visit, problem: ("withdrawal", text)), status: 422)
        }
        return .seeOther(visit.path("contacts", "\(contact)", "passphrase"))
    }

    /// Where the passphrase of a person is agreed, for those who may.
    static func link(for contact: ContactID, _ visit: Visit) -> LinkModel? {
        guard let requester = visit.session?.requester, requester.may(.answerMessages), requester.may(.viewContacts)
        else { return nil }
        return LinkModel(
            linkLabel: visit.words("Agree a passphrase"),
            linkHref: visit.path("contacts", "\(contact)", "passphrase").text
        )
    }

    static func standing(_ standing: PassphraseStanding, _ visit: Visit) -> (StatusModel, MomentModel?) {
        switch standing {
        case .notAgreed: (StatusModel(visit.words("no passphrase agreed"), .plain), nil)
        case .agreed(let time): (StatusModel(visit.words("passphrase on record"), .good), visit.moment(time))
        }
    }

    private static func person(_ visit: Visit) async throws -> ContactSummary {
        let contact: ContactID = try visit.identifier("contact")
        let found = try await visit.contacts.summaries(of: [contact], by: try visit.requester)
        guard let person = found.first else { throw NotFound() }
        return person
    }

    private static func minimum(_ visit: Visit) -> String {
        visit.words(
            "Use at least {count} characters. A few words with spaces between them are easy to say and to remember.",
            count: Portal.minimumPassphraseLength
        )
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let person = try await person(visit)
        let found = try await visit.facades.portal.passphraseStanding(
            of: person.contact,
            requester: try visit.requester
        )
        let (status, since) = standing(found, visit)
        let words = visit.words
        func error(_ name: String) -> String? { problem?.field == name ? problem?.text : nil }
        func kept(_ name: String) -> String { visit.form.all(name).first ?? "" }
        let content = PassphraseContent(
            contactIdentifier: "\(person.contact)",
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            person: ProtectedValueModel(phiText: person.name, isMasked: true),
            standing: status,
            since: since,
            isAgreed: found != .notAgreed,
            minimumText: minimum(visit),
            passphrase: FieldModel(
                "passphrase",
                words("Passphrase"),
                .password,
                help: minimum(visit) + " " + words("Capital letters do not matter."),
                error: error("passphrase"),
                maxLength: 200
            ),
            again: FieldModel(
                "again",
                words("The same passphrase again"),
                .password,
                error: error("again"),
                maxLength: 200
            ),
            reason: FieldModel(
                "reason",
                words("How you agreed it"),
                help: words("Kept in the audit log, such as: at the desk, with her identity card."),
                error: error("reason"),
                value: kept("reason"),
                maxLength: 500
            ),
            withdrawal: FieldModel(
                "withdrawal",
                words("Reason"),
                help: words("Kept in the audit log, such as: somebody else knows it."),
                error: error("withdrawal"),
                value: kept("withdrawal"),
                maxLength: 500
            )
        )
        var page = Page(
            words("Passphrase for restricted messages"),
            .staff(section: .contacts),
            lede: words("What the person answers in the portal before a restricted message opens."),
            content: content
        )
        page.crumbs = [
            .init(label: words("Contacts"), href: visit.base + "/contacts"),
            .init(label: person.name, href: visit.base + "/contacts/\(person.contact)"),
        ]
        return page
    }
}
