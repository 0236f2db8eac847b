// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import WardAudit
package import WardKernel
import WardStorage

/// The answer to setting a password.
package enum SetPasswordOutcome: Sendable {
    /// It is set, and the person is signed in.
    case set(OpenedSession)
    case refused(PasswordProblem)
    case linkNotValid(LinkState)
}

/// The answer to changing one's own password.
package enum ChangePasswordOutcome: Sendable {
    case changed
    case refused(PasswordProblem)
    case currentPasswordWrong
    case delayed(until: Timestamp)
    case stopped
}

extension Identity {
    /// What a link is worth now; looking does not use it up.
    package func state(ofLink token: String, of organization: OrganizationID) async throws -> LinkState {
        try await store.read { [self] tx in try linkState(token, of: organization, in: tx).state }
    }

    /// Sets the password of the link's account, uses the link up and signs its owner in. All other sessions end.
    package func setPassword(
        link token: String,
        password: Sensitive<String>,
        of organization: OrganizationID,
        from origin: RequestOrigin
    ) async throws -> SetPasswordOutcome {
        let state = try await state(ofLink: token, of: organization)
        guard case .valid(let name, let email) = state else { return .linkNotValid(state) }
        if let problem = try await problem(with: password, name: name, email: email, of: organization) {
            return .refused(problem)
        }
        let hash = try await hash(password, of: organization)
        return try await store.write { [self] tx in
            let found = try linkState(token, of: organization, in: tx)
            guard case .valid = found.state, let link = found.row else { return .linkNotValid(found.state) }
            let now = surroundings.now()
            guard try LinkQueries.use(link.id, of: organization, at: now, in: tx) == 1 else {
                return .linkNotValid(.used)
            }
            try LinkQueries.endAll(of: link.staff, organization: organization, at: now, in: tx)
            try storePassword(hash, of: link.staff, organization: organization, from: origin, in: tx)
            let index = try index(of: link.staff, organization: organization, in: tx)
            try ThrottleQueries.clearAccount(index, of: organization, in: tx)
            let opened = try openSession(
                of: link.staff,
                organization: organization,
                from: origin,
                authentication: "link",
                in: tx
            )
            return .set(opened)
        }
    }

    /// Changes one's own password; the current one is asked again and counts against the limit of failures.
    package func changePassword(
        current: Sensitive<String>,
        new: Sensitive<String>,
        by requester: Requester,
        from origin: RequestOrigin
    ) async throws -> ChangePasswordOutcome {
        guard requester.kind == .staff, let staff = StaffID(bytes: requester.identifier) else {
            return .currentPasswordWrong
        }
        let organization = requester.organization
        let (name, email) = try await store.read { [self] tx in try person(staff, of: organization, in: tx) }
        let attempt = try await attempt(email: Sensitive(email), of: organization, from: origin)
        switch attempt {
        case .delayed(let until): return .delayed(until: until)
        case .stopped: return .stopped
        case .taken(let taken):
            guard try await checked(current, taken, of: organization) else {
                return .currentPasswordWrong
            }
            if let problem = try await problem(with: new, name: name, email: email, of: organization) {
                try await store.write { [self] tx in try forget(taken, of: organization, in: tx) }
                return .refused(problem)
            }
            let hash = try await hash(new, of: organization)
            try await store.write { [self] tx in
                try forget(taken, of: organization, in: tx)
                try storePassword(
                    hash,
                    of: staff,
                    organization: organization,
                    from: origin,
                    keeping: requester.session,
                    in: tx
                )
            }
            return .changed
        }
    }

    // MARK: Inside a transaction

    func makeLink(
        for staff: StaffID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> OneTimeLink {
        let now = surroundings.now()
        try LinkQueries.endAll(of: staff, organization: organization, at: now, in: tx)
        let token = TokenText.make(bytes: 16, surroundings)
        let expiresAt = now + policy.linkLifetime
        try LinkQueries.insert(
            surroundings.makeIdentifier(),
            tokenHash: TokenText.hash(token),
            of: staff,
            organization: organization,
            at: now,
            expiresAt: expiresAt,
            in: tx
        )
        return OneTimeLink(
            organization: organization,
            staff: staff,
            token: Sensitive(token),
            expiresAt: expiresAt
        )
    }

    func linkState(
        _ token: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (state: LinkState, row: LinkRow?) {
        guard let row = try LinkQueries.row(tokenHash: TokenText.hash(token), of: organization, in: tx) else {
            return (.unknown, nil)
        }
        guard row.usedAt == nil else { return (.used, row) }
        guard surroundings.now() < row.expiresAt else { return (.expired, row) }
        let account = try existing(row.staff, of: organization, in: tx)
        guard account.state != .disabled else { return (.unknown, row) }
        let (name, email) = try person(row.staff, of: organization, in: tx)
        return (.valid(name: name, email: email), row)
    }

    private func storePassword(
        _ hash: String,
        of staff: StaffID,
        organization: OrganizationID,
        from origin: RequestOrigin,
        keeping session: SessionID? = nil,
        in tx: any WriteTransaction
    ) throws {
        let sealed = try seal(Sensitive(hash), .staffPassword, of: staff, organization: organization, in: tx)
        let requester = staffRequester(staff, of: organization, roles: [], session: session, from: origin)
        try AccountQueries.setPassword(sealed, of: staff, organization: organization, at: surroundings.now(), in: tx)
        try audit.record(entry(.passwordSet, about: staff), by: requester, in: tx)
        try endSessions(of: staff, except: session, reason: .passwordChanged, by: requester, in: tx)
    }

    func person(
        _ staff: StaffID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (name: String, email: String) {
        let row = try existing(staff, of: organization, in: tx)
        let name = try open(row.nameSealed, .staffName, of: staff, organization: organization, in: tx)
        let email = try open(row.emailSealed, .staffEmail, of: staff, organization: organization, in: tx)
        return (name.expose(for: .disclosing) { $0 }, email.expose(for: .disclosing) { $0 })
    }

    private func index(
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let email = try person(staff, of: organization, in: tx).email
        return try emailIndex(Sensitive(email), of: organization, in: tx)
    }

    private func problem(
        with password: Sensitive<String>,
        name: String,
        email: String,
        of organization: OrganizationID
    ) async throws -> PasswordProblem? {
        let details = try await self.organization(organization)
        let local = email.split(separator: "@").first.map(String.init) ?? ""
        let domain = details?.senderDomain.split(separator: ".").first.map(String.init) ?? ""
        return rule.problem(
            with: password,
            context: [name, email, local, details?.name ?? "", details?.slug ?? "", domain, "ward"]
                + name.split(separator: " ").map(String.init)
        )
    }
}

/// Random text that stands for a right: the store holds its SHA-256 alone, which is enough for random input.
enum TokenText {
    static func make(bytes: Int, _ surroundings: Surroundings) -> String {
        Data(surroundings.randomBytes(bytes)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
}
