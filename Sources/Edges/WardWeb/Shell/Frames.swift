// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

/// The staff frame: top bar, side navigation, page header, content.
struct StaffFrame: PageModel {
    static let template = "layout/staff"

    struct NavigationItem: Sendable {
        let label: String
        let href: String
        let isCurrent: Bool
    }

    struct PersonItem: Sendable {
        let identifier: String
        let personLabel: String
        let personRoles: String
    }

    let title: String
    let organizationName: String
    let assetVersion: String
    let navigation: [NavigationItem]
    let person: String
    let roles: String
    let people: [PersonItem]
    let banner: String?
    let idleSeconds: Int
    let header: HeaderModel
    let contentMarkup: Markup
}

/// The frame without a session: one narrow column. Also the patients' frame.
struct PlainFrame: PageModel {
    static let template = "layout/plain"

    let title: String
    let organizationName: String
    let assetVersion: String
    let bodyClass: String
    let isDemonstration: Bool
    let header: HeaderModel
    let contentMarkup: Markup
}

/// Title, one line, primary action, notice.
struct HeaderModel: Sendable {
    let heading: String
    let lede: String?
    let action: LinkModel?
    let crumbs: [LinkModel]
    let notice: NoticeModel?
}

struct LinkModel: Sendable {
    let linkLabel: String
    let linkHref: String
}

struct NoticeModel: Sendable {
    let noticeText: String
    let noticeTone: String
    let undo: LinkModel?
}

extension Visit {
    /// The page inside its frame.
    func html(_ page: Page, people: [StaffAccount], assetVersion: String) throws(TemplateError) -> Markup {
        let content = try markup(page.content)
        let header = HeaderModel(
            heading: page.title,
            lede: page.lede,
            action: page.action.map { LinkModel(linkLabel: $0.label, linkHref: $0.href) },
            crumbs: page.crumbs.map { LinkModel(linkLabel: $0.label, linkHref: $0.href) },
            notice: page.notice.map { notice in
                NoticeModel(
                    noticeText: notice.text,
                    noticeTone: notice.tone.rawValue,
                    undo: notice.undo.map { LinkModel(linkLabel: $0.label, linkHref: $0.href) }
                )
            }
        )
        if case .staff(let section) = page.frame, let session {
            return try markup(
                staffFrame(page, section, session, header, content, people: people, assetVersion: assetVersion)
            )
        }
        let isPatient = if case .patient = page.frame { true } else { false }
        return try markup(
            PlainFrame(
                title: page.windowTitle ?? page.title,
                organizationName: organization.name,
                assetVersion: assetVersion,
                bodyClass: isPatient ? "patient" : "plain",
                isDemonstration: settings.isDemonstration,
                header: header,
                contentMarkup: content
            )
        )
    }

    func markup(_ model: any PageModel) throws(TemplateError) -> Markup { try renderer.markup(model, ambient) }

    private func staffFrame(
        _ page: Page,
        _ section: Section?,
        _ session: CurrentSession,
        _ header: HeaderModel,
        _ content: Markup,
        people: [StaffAccount],
        assetVersion: String
    ) -> StaffFrame {
        StaffFrame(
            title: page.windowTitle ?? page.title,
            organizationName: organization.name,
            assetVersion: assetVersion,
            navigation: navigation(session.requester, current: section),
            person: session.name,
            roles: roleNames(session.requester.roles),
            people: people.filter { $0.id != session.staff }.map {
                .init(identifier: "\($0.id)", personLabel: $0.name, personRoles: roleNames($0.roles))
            },
            banner: settings.banner.map { words($0) },
            idleSeconds: max(0, Int(session.idleEndsAt.since(now).components.seconds)),
            header: header,
            contentMarkup: content
        )
    }

    private func navigation(_ requester: Requester, current: Section?) -> [StaffFrame.NavigationItem] {
        let offered = StaffSite.sections
        return Section.allCases.filter { section in
            offered.contains(section) && (section.permission.map(requester.may) ?? true)
        }.map { .init(label: words($0.label), href: base + $0.path, isCurrent: $0 == current) }
    }

    func roleNames(_ roles: Set<Role>) -> String {
        Role.allCases.filter(roles.contains).map { words(roleName($0)) }.joined(separator: ", ")
    }

    func roleName(_ role: Role) -> String {
        switch role {
        case .administrator: "Administrator"
        case .marketer: "Marketer"
        case .clinician: "Clinician"
        case .compliance: "Compliance"
        case .auditor: "Auditor"
        }
    }
}
