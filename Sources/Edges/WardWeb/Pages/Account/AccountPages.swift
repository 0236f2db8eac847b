// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct AccountContent: PageModel {
    static let template = "account/account"

    struct SessionRow: Sendable {
        let identifier: String
        let networkAddress: String
        let begun: MomentModel
        let seen: MomentModel
        let ends: MomentModel
        let isThis: Bool
    }

    let personName: String
    let roles: String
    let sessions: [SessionRow]
}

struct ExtendedContent: PageModel {
    static let template = "account/extended"
    let seconds: Int
}

enum AccountPages {
    static func show(_ visit: Visit) async throws -> Reply {
        guard let session = visit.session else { throw NotSignedIn() }
        let sessions = try await visit.facades.identity.sessions(of: session.staff, by: session.requester)
        let content = AccountContent(
            personName: session.name,
            roles: visit.roleNames(session.requester.roles),
            sessions: sessions.map { row($0, isThis: $0.id == session.session, visit) }
        )
        let lede = visit.words("Where you are signed in. A session ends by itself after 15 minutes without a request.")
        return .page(Page(visit.words("Your account"), .staff(section: .settings), lede: lede, content: content))
    }

    static func endSession(_ visit: Visit) async throws -> Reply {
        let id: SessionID = try visit.identifier("session")
        try await visit.facades.identity.endSession(id, by: try visit.requester)
        return .seeOther(visit.path("account"))
    }

    static func extend(_ visit: Visit) async throws -> Reply {
        guard let session = visit.session else { throw NotSignedIn() }
        return .fragment(ExtendedContent(seconds: Int(session.idleEndsAt.since(visit.now).components.seconds)))
    }

    static func switchPerson(_ visit: Visit) async throws -> Reply {
        guard let staff = StaffID(try visit.form.text("person")) else { throw NotFound() }
        let session = try await visit.facades.identity.switchPerson(
            to: staff,
            by: try visit.requester,
            from: visit.origin
        )
        return Reply.seeOther(visit.path()).opening(session)
    }

    static func signOut(_ visit: Visit) async throws -> Reply {
        try await visit.facades.identity.signOut(try visit.requester)
        return Reply.seeOther(visit.path("sign-in")).closingSession()
    }

    static func row(_ session: SessionSummary, isThis: Bool, _ visit: Visit) -> AccountContent.SessionRow {
        AccountContent.SessionRow(
            identifier: "\(session.id)",
            networkAddress: session.networkAddress,
            begun: visit.moment(session.createdAt),
            seen: visit.moment(session.lastSeenAt),
            ends: visit.moment(session.expiresAt),
            isThis: isThis
        )
    }
}

extension Visit {
    func moment(_ time: Timestamp) -> MomentModel {
        MomentModel(momentText: times.moment(time), momentExact: times.exact(time))
    }
}
