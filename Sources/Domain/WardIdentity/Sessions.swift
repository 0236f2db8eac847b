// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import WardAudit
package import WardKernel
import WardStorage

extension Identity {
    /// Whom a session token stands for now.
    ///
    /// - Parameter isActivity: false for requests that the page makes by itself (progress): they do not keep a session
    ///   alive.
    /// - Returns: `.timedOut` once, when this look has ended the session because of time; `.none` from then on.
    package func session(
        token: String,
        of organization: OrganizationID,
        from origin: RequestOrigin,
        isActivity: Bool = true
    ) async throws -> SessionAnswer {
        let found = try await store.read { [self] tx in try look(token, of: organization, from: origin, in: tx) }
        switch found {
        case .none: return .none
        case .over(let id, let staff, let reason):
            try await endInTime(id, of: staff, organization: organization, reason: reason, from: origin)
            return .timedOut(reason)
        case .current(let session, let lastSeenAt):
            let now = surroundings.now()
            // A write a request would cost more than it tells: a quarter of a minute is exact enough.
            if isActivity, now.since(lastSeenAt) >= .seconds(15) {
                try await store.write { tx in
                    try SessionQueries.touch(session.session, of: organization, at: now, in: tx)
                }
            }
            return .current(session)
        }
    }

    /// Ends the session of a token. Ending an ended one is no error.
    package func signOut(_ requester: Requester) async throws {
        guard let session = requester.session else { return }
        try await store.write { [self] tx in
            _ = try end(session, reason: .signedOut, by: requester, in: tx)
        }
    }

    /// The open sessions of an account: one's own, or anybody's for those who manage staff.
    package func sessions(of staff: StaffID, by requester: Requester) async throws -> [SessionSummary] {
        if requester.identifier != staff.bytes { try requester.require(.manageStaff) }
        return try await store.read { [self] tx in
            let now = surroundings.now()
            return try SessionQueries.open(of: staff, organization: requester.organization, in: tx)
                .filter { $0.expiresAt > now && $0.lastSeenAt + policy.idleLimit > now }
                .map(\.summary)
        }
    }

    /// Ends one session: one's own, or anybody's for those who manage staff.
    /// - Throws: `IdentityError.unknownSession` when it has ended or belongs to another organization.
    package func endSession(_ id: SessionID, by requester: Requester) async throws {
        try await store.write { [self] tx in
            guard let row = try SessionQueries.row(id, of: requester.organization, in: tx) else {
                throw IdentityError.unknownSession
            }
            let isOwn = requester.identifier == row.staff.bytes
            if !isOwn { try requester.require(.manageStaff) }
            let reason: SessionEnd = isOwn ? .byPerson : .byAdministrator
            guard try end(id, reason: reason, by: requester, in: tx) else { throw IdentityError.unknownSession }
        }
    }

    /// A new token for the same person after a change of privileges; the old one ends (reliability: session fixation).
    package func renew(_ requester: Requester, from origin: RequestOrigin) async throws -> OpenedSession? {
        guard let session = requester.session, let staff = StaffID(bytes: requester.identifier) else { return nil }
        return try await store.write { [self] tx in
            guard let row = try SessionQueries.row(session, of: requester.organization, in: tx),
                try end(session, reason: .renewed, by: requester, in: tx)
            else { return nil }
            return try openSession(
                of: staff,
                organization: requester.organization,
                from: origin,
                notAfter: row.expiresAt,
                isSignIn: false,
                in: tx
            )
        }
    }

    /// How many sessions ended in a period, by reason.
    package func sessionEndings(
        from: Timestamp,
        to: Timestamp,
        by requester: Requester
    ) async throws -> [SessionEnd: Int] {
        try requester.require(.viewAudit)
        return try await store.read { tx in
            try SessionQueries.endings(of: requester.organization, from: from, to: to, in: tx)
        }
    }

    // MARK: Inside a transaction

    private enum Found: Sendable {
        case none
        case over(SessionID, StaffID, SessionEnd)
        case current(CurrentSession, lastSeenAt: Timestamp)
    }

    private func look(
        _ token: String,
        of organization: OrganizationID,
        from origin: RequestOrigin,
        in tx: any ReadTransaction
    ) throws -> Found {
        guard let row = try SessionQueries.row(tokenHash: TokenText.hash(token), of: organization, in: tx),
            row.endedAt == nil
        else { return .none }
        let now = surroundings.now()
        if now >= row.expiresAt { return .over(row.id, row.staff, .absolute) }
        if now >= row.lastSeenAt + policy.idleLimit { return .over(row.id, row.staff, .idle) }
        let account = try existing(row.staff, of: organization, in: tx)
        guard account.state == .active else { return .none }
        let roles = try AccountQueries.roles(of: row.staff, organization: organization, in: tx)
        let name = try open(account.nameSealed, .staffName, of: row.staff, organization: organization, in: tx)
        let requester = staffRequester(row.staff, of: organization, roles: roles, session: row.id, from: origin)
        let session = CurrentSession(
            requester: requester,
            staff: row.staff,
            name: name.expose(for: .disclosing) { $0 },
            session: row.id,
            idleEndsAt: min(now + policy.idleLimit, row.expiresAt),
            expiresAt: row.expiresAt,
            mustChangePassword: account.mustChangePassword
        )
        return .current(session, lastSeenAt: row.lastSeenAt)
    }

    private func endInTime(
        _ session: SessionID,
        of staff: StaffID,
        organization: OrganizationID,
        reason: SessionEnd,
        from origin: RequestOrigin
    ) async throws {
        let requester = staffRequester(staff, of: organization, roles: [], session: session, from: origin)
        try await store.write { [self] tx in _ = try end(session, reason: reason, by: requester, in: tx) }
    }

    func openSession(
        of staff: StaffID,
        organization: OrganizationID,
        from origin: RequestOrigin,
        notAfter: Timestamp? = nil,
        isSignIn: Bool = true,
        authentication: String = "password",
        in tx: any WriteTransaction
    ) throws -> OpenedSession {
        let now = surroundings.now()
        let roles = try AccountQueries.roles(of: staff, organization: organization, in: tx)
        let limit = roles.contains(.administrator) ? policy.administratorAbsoluteLimit : policy.absoluteLimit
        let token = TokenText.make(bytes: 32, surroundings)
        let session = SessionRow.New(
            id: surroundings.makeIdentifier(),
            tokenHash: TokenText.hash(token),
            staff: staff,
            createdAt: now,
            expiresAt: min(now + limit, notAfter ?? now + limit),
            networkAddress: origin.networkAddress
        )
        try SessionQueries.insert(session, of: organization, in: tx)
        if isSignIn {
            let requester = staffRequester(staff, of: organization, roles: roles, session: session.id, from: origin)
            try audit.record(entry(.signIn, about: staff, authentication: authentication), by: requester, in: tx)
        }
        return OpenedSession(
            id: session.id,
            staff: staff,
            token: Sensitive(token),
            expiresAt: session.expiresAt
        )
    }

    /// False when the session had ended already.
    func end(
        _ session: SessionID,
        reason: SessionEnd,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let organization = requester.organization
        let ended = try SessionQueries.end(session, of: organization, reason: reason, at: surroundings.now(), in: tx)
        guard ended == 1 else { return false }
        let staff = try SessionQueries.row(session, of: organization, in: tx)?.staff
        try audit.record(
            entry(.sessionEnded, about: staff, facts: ["end": reason.rawValue]),
            by: requester,
            in: tx
        )
        return true
    }

    func endSessions(
        of staff: StaffID,
        except kept: SessionID? = nil,
        reason: SessionEnd,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let open = try SessionQueries.open(of: staff, organization: requester.organization, in: tx)
        for session in open where session.id != kept {
            _ = try end(session.id, reason: reason, by: requester, in: tx)
        }
    }

    func staffRequester(
        _ staff: StaffID,
        of organization: OrganizationID,
        roles: Set<Role>,
        session: SessionID?,
        from origin: RequestOrigin
    ) -> Requester {
        Requester(
            organization: organization,
            kind: .staff,
            identifier: staff.bytes,
            roles: roles,
            session: session,
            networkAddress: origin.networkAddress,
            request: origin.request
        )
    }
}

/// Tokens that a form carries and another site cannot know: HMAC-SHA-256 with the session's own token as key, so that
/// nothing more is stored and a new session has new ones.
package enum FormToken {
    package static func make(forSession token: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("ward form token 1".utf8),
            using: SymmetricKey(data: Array(token.utf8))
        )
        return Data(code).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// In constant time.
    package static func matches(_ given: String, session token: String) -> Bool {
        let expected = Array(make(forSession: token).utf8)
        let given = Array(given.utf8)
        guard expected.count == given.count else { return false }
        return zip(expected, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
