// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct StaffListContent: PageModel {
    static let template = "staff/list"

    struct Row: Sendable {
        let rowName: String
        let rowHref: String
        let rowEmail: String
        let rowRoles: String
        let status: StatusModel
        let seen: MomentModel?
    }

    let rows: [Row]
    let countText: String
}

struct StaffDetailContent: PageModel {
    static let template = "staff/detail"

    struct RoleRow: Sendable {
        let roleValue: String
        let roleLabel: String
        let roleHelp: String
        let isHeld: Bool
    }

    let staffIdentifier: String
    let personEmail: String
    let status: StatusModel
    let created: MomentModel
    let seen: MomentModel?
    let roleRows: [RoleRow]
    let sessions: [AccountContent.SessionRow]
    let summary: ErrorSummary?
    let isDisabled: Bool
    let isOwn: Bool
    /// The rule for what this person sends, for those who may set it.
    let protectionHref: String?
    /// Shown once after a link was made.
    let link: String?
    let linkEnds: MomentModel?
}

enum StaffPages {
    static func list(_ visit: Visit) async throws -> Reply {
        let accounts = try await visit.facades.identity.accounts(by: try visit.requester)
        let content = StaffListContent(
            rows: accounts.map { account in
                .init(
                    rowName: account.name,
                    rowHref: visit.base + "/staff/\(account.id)",
                    rowEmail: account.email.mailbox,
                    rowRoles: visit.roleNames(account.roles),
                    status: status(account.state, visit),
                    seen: account.lastSeenAt.map(visit.moment)
                )
            },
            countText: visit.words("{count} {count|account|accounts}", count: accounts.count)
        )
        var page = Page(
            visit.words("Staff and roles"),
            .staff(section: .settings),
            lede: visit.words("Who may sign in, and what for. Roles add up; nothing is allowed by default."),
            action: .init(label: visit.words("Invite a colleague"), href: visit.base + "/staff/new"),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Settings"), href: visit.base + "/settings")]
        return .page(page)
    }

    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func changeRole(_ visit: Visit) async throws -> Reply {
        let staff: StaffID = try visit.identifier("staff")
        let requester = try visit.requester
        guard let role = Role(rawValue: try visit.form.text("role")) else { throw BadRequest(reason: .missingField) }
        let reason = try visit.form.text("reason")
        let identity = visit.facades.identity
        do {
            if try visit.form.text("change") == "take" {
                _ = try await identity.takeRole(role, from: staff, reason: reason, by: requester)
            } else {
                _ = try await identity.giveRole(role, to: staff, reason: reason, by: requester)
            }
        } catch let error as IdentityError where error == .reasonMissing || error == .lastAdministrator {
            return .page(try await page(visit, problem: error), status: 422)
        }
        let reply = Reply.seeOther(visit.path("staff", "\(staff)"))
        guard staff.bytes == requester.identifier,
            let session = try await identity.renew(requester, from: visit.origin)
        else { return reply }
        return reply.opening(session)
    }

    static func makeLink(_ visit: Visit) async throws -> Reply {
        let staff: StaffID = try visit.identifier("staff")
        do {
            let link = try await visit.facades.identity.makeLink(
                for: staff,
                reason: try visit.form.text("reason"),
                by: try visit.requester
            )
            return .page(try await page(visit, link: link))
        } catch let error as IdentityError where error == .reasonMissing {
            return .page(try await page(visit, problem: error), status: 422)
        }
    }

    static func changeState(_ visit: Visit) async throws -> Reply {
        let staff: StaffID = try visit.identifier("staff")
        let reason = try visit.form.text("reason")
        do {
            if try visit.form.text("state") == "disabled" {
                try await visit.facades.identity.disable(staff, reason: reason, by: try visit.requester)
            } else {
                try await visit.facades.identity.enable(staff, reason: reason, by: try visit.requester)
            }
        } catch let error as IdentityError where error != .unknownAccount {
            return .page(try await page(visit, problem: error), status: 422)
        }
        return .seeOther(visit.path("staff", "\(staff)"))
    }

    static func endSession(_ visit: Visit) async throws -> Reply {
        let staff: StaffID = try visit.identifier("staff")
        try await visit.facades.identity.endSession(try visit.identifier("session"), by: try visit.requester)
        return .seeOther(visit.path("staff", "\(staff)"))
    }

    static func page(_ visit: Visit, problem: IdentityError? = nil, link: OneTimeLink? = nil) async throws -> Page {
        let staff: StaffID = try visit.identifier("staff")
        let requester = try visit.requester
        guard let account = try await visit.facades.identity.account(staff, by: requester) else { throw NotFound() }
        let sessions = try await visit.facades.identity.sessions(of: staff, by: requester)
        let content = StaffDetailContent(
            staffIdentifier: "\(staff)",
            personEmail: account.email.mailbox,
            status: status(account.state, visit),
            created: visit.moment(account.createdAt),
            seen: account.lastSeenAt.map(visit.moment),
            roleRows: Role.allCases.map { role in
                .init(
                    roleValue: role.rawValue,
                    roleLabel: visit.words(visit.roleName(role)),
                    roleHelp: visit.words(help(role)),
                    isHeld: account.roles.contains(role)
                )
            },
            sessions: sessions.map { AccountPages.row($0, isThis: $0.id == requester.session, visit) },
            summary: ErrorSummary(visit.words, problem.map { [("reason", visit.words($0.description))] } ?? []),
            isDisabled: account.state == .disabled,
            isOwn: staff.bytes == requester.identifier,
            protectionHref: requester.may(.manageSettings)
                ? visit.path(
                    "settings",
                    "protection",
                    query: [("level", "sender"), ("name", "\(staff)"), ("sender", "\(staff)")]
                ).text : nil,
            link: link.map { InvitePages.address($0, visit) },
            linkEnds: link.map { visit.moment($0.expiresAt) }
        )
        var page = Page(account.name, .staff(section: .settings), content: content)
        page.crumbs = [
            .init(label: visit.words("Settings"), href: visit.base + "/settings"),
            .init(label: visit.words("Staff and roles"), href: visit.base + "/staff"),
        ]
        return page
    }

    static func status(_ state: StaffAccount.State, _ visit: Visit) -> StatusModel {
        switch state {
        case .invited: StatusModel(visit.words("invited"), .warn)
        case .active: StatusModel(visit.words("active"), .good)
        case .disabled: StatusModel(visit.words("disabled"), .bad)
        }
    }

    static func help(_ role: Role) -> String {
        switch role {
        case .administrator: "Accounts, settings and routes. Sees no protected values."
        case .marketer: "Lists, segments and campaigns over fields that are not clinical."
        case .clinician: "Clinical fields, and messages to and from patients."
        case .compliance: "Consent, reports and the audit log."
        case .auditor: "Reads the audit log. Sees no messages."
        }
    }
}
