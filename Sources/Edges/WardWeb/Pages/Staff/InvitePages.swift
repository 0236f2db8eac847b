// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct InviteContent: PageModel {
    static let template = "staff/invite"

    let summary: ErrorSummary?
    let name: FieldModel
    let email: FieldModel
    let reason: FieldModel
    let roleChoices: [ChoiceModel]
}

struct InvitedContent: PageModel {
    static let template = "staff/invited"

    let link: String
    let linkEnds: MomentModel
    let personHref: String
}

enum InvitePages {
    static func show(_ visit: Visit) async throws -> Reply { .page(page(visit, problem: nil)) }

    static func invite(_ visit: Visit) async throws -> Reply {
        guard let email = EmailAddress(try visit.form.text("email")) else {
            let text = visit.words("This is not an e-mail address. It looks like name@clinic.example.")
            return .page(page(visit, problem: ("email", text)), status: 422)
        }
        let roles = Set(visit.form.all("role").compactMap(Role.init(rawValue:)))
        let account = NewStaffAccount(name: try visit.form.text("name"), email: email, roles: roles)
        do {
            let link = try await visit.facades.identity.invite(
                account,
                reason: try visit.form.text("reason"),
                by: try visit.requester
            )
            return .page(invited(visit, link))
        } catch let error as IdentityError {
            return .page(page(visit, problem: (field(error), visit.words(error.description))), status: 422)
        }
    }

    /// The whole address of a one-time link.
    static func address(_ link: OneTimeLink, _ visit: Visit) -> String {
        link.token.expose(for: .disclosing) { "\(visit.organization.staffAddress)\(visit.base)/welcome/\($0)" }
    }

    private static func field(_ error: IdentityError) -> String {
        switch error {
        case .addressTaken: "email"
        case .nameEmpty: "name"
        default: "reason"
        }
    }

    private static func invited(_ visit: Visit, _ link: OneTimeLink) -> Page {
        let content = InvitedContent(
            link: address(link, visit),
            linkEnds: visit.moment(link.expiresAt),
            personHref: visit.base + "/staff/\(link.staff)"
        )
        return Page(visit.words("The account is made"), .staff(section: .settings), content: content)
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)?) -> Page {
        let words = visit.words
        func value(_ name: String) -> String { visit.form.all(name).first ?? "" }
        func error(_ name: String) -> String? { problem?.field == name ? problem?.text : nil }
        let chosen = Set(visit.form.all("role"))
        let content = InviteContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            name: FieldModel("name", words("Name"), error: error("name"), value: value("name"), maxLength: 200),
            email: FieldModel("email", words("E-mail address"), .email, error: error("email"), value: value("email")),
            reason: FieldModel(
                "reason",
                words("Reason"),
                help: words("Kept in the audit log, such as: new nurse in cardiology from 1 December."),
                error: error("reason"),
                value: value("reason"),
                maxLength: 500
            ),
            roleChoices: Role.allCases.map { role in
                ChoiceModel(
                    role.rawValue,
                    words(visit.roleName(role)),
                    help: words(StaffPages.help(role)),
                    isChosen: chosen.contains(role.rawValue)
                )
            }
        )
        var page = Page(words("Invite a colleague"), .staff(section: .settings), content: content)
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Staff and roles"), href: visit.base + "/staff"),
        ]
        return page
    }
}
