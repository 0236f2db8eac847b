// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Identity {
    /// All accounts of the organization, by name.
    package func accounts(by requester: Requester) async throws -> [StaffAccount] {
        try requester.require(.manageStaff)
        return try await accounts(of: requester.organization)
    }

    /// One account; nil when the organization has none of this identifier.
    package func account(_ id: StaffID, by requester: Requester) async throws -> StaffAccount? {
        try requester.require(.manageStaff)
        return try await store.read { [self] tx in
            try AccountQueries.row(id, of: requester.organization, in: tx).map { row in
                let roles = try AccountQueries.roles(of: id, organization: requester.organization, in: tx)
                let seen = try SessionQueries.open(of: id, organization: requester.organization, in: tx)
                    .map(\.lastSeenAt).max()
                return try opened(row, of: requester.organization, roles: roles, lastSeenAt: seen, in: tx)
            }
        }
    }

    /// Names of staff for sentences that other modules show (who wrote, who did); unknown identifiers are left out.
    /// Staff names are sealed but not withheld from colleagues.
    package func names(of staff: Set<StaffID>, in organization: OrganizationID) async throws -> [StaffID: String] {
        try await store.read { [self] tx in
            var names: [StaffID: String] = [:]
            for id in staff {
                guard let row = try AccountQueries.row(id, of: organization, in: tx) else { continue }
                names[id] = try open(row.nameSealed, .staffName, of: id, organization: organization, in: tx)
                    .expose(for: .disclosing) { $0 }
            }
            return names
        }
    }

    /// Makes an account and the link with which its owner sets a password. Show the link once; mail it another way.
    package func invite(
        _ account: NewStaffAccount,
        reason: String,
        by requester: Requester
    ) async throws -> OneTimeLink {
        try requester.require(.manageStaff)
        let reason = try checked(reason: reason)
        return try await store.write { [self] tx in
            let staff = try addAccount(account, to: requester.organization, by: requester, reason: reason, in: tx)
            return try makeLink(for: staff, of: requester.organization, in: tx)
        }
    }

    /// A further link for an account: for a forgotten password, or for one at its limit of failures. Earlier unused
    /// links end.
    package func makeLink(for staff: StaffID, reason: String, by requester: Requester) async throws -> OneTimeLink {
        try requester.require(.manageStaff)
        let reason = try checked(reason: reason)
        return try await store.write { [self] tx in
            _ = try existing(staff, of: requester.organization, in: tx)
            try audit.record(entry(.staffLinkMade, about: staff, reason: reason), by: requester, in: tx)
            return try makeLink(for: staff, of: requester.organization, in: tx)
        }
    }

    /// Ends every session and forbids signing in.
    /// - Throws: `IdentityError.ownAccount`, `.lastAdministrator`, `.unknownAccount`.
    package func disable(_ staff: StaffID, reason: String, by requester: Requester) async throws {
        try requester.require(.manageStaff)
        let reason = try checked(reason: reason)
        guard requester.identifier != staff.bytes else { throw IdentityError.ownAccount }
        try await store.write { [self] tx in
            let organization = requester.organization
            _ = try existing(staff, of: organization, in: tx)
            try keepAnAdministrator(besides: staff, of: organization, in: tx)
            let now = surroundings.now()
            try AccountQueries.setState(.disabled, of: staff, organization: organization, at: now, in: tx)
            try LinkQueries.endAll(of: staff, organization: organization, at: now, in: tx)
            try audit.record(entry(.staffDisabled, about: staff, reason: reason), by: requester, in: tx)
            try endSessions(of: staff, reason: .accountDisabled, by: requester, in: tx)
        }
    }

    /// Lets a disabled account sign in again, with its old password if it had one.
    package func enable(_ staff: StaffID, reason: String, by requester: Requester) async throws {
        try requester.require(.manageStaff)
        let reason = try checked(reason: reason)
        try await store.write { [self] tx in
            let row = try existing(staff, of: requester.organization, in: tx)
            let state: StaffAccount.State = row.passwordSealed == nil ? .invited : .active
            let now = surroundings.now()
            try AccountQueries.setState(state, of: staff, organization: requester.organization, at: now, in: tx)
            try audit.record(entry(.staffEnabled, about: staff, reason: reason), by: requester, in: tx)
        }
    }

    // MARK: Inside a transaction

    func accounts(of organization: OrganizationID) async throws -> [StaffAccount] {
        try await store.read { [self] tx in
            let roles = try AccountQueries.allRoles(of: organization, in: tx)
            let seen = try SessionQueries.lastSeen(of: organization, in: tx)
            let rows = try AccountQueries.all(of: organization, in: tx)
            return try rows.map {
                try opened($0, of: organization, roles: roles[$0.id] ?? [], lastSeenAt: seen[$0.id], in: tx)
            }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        }
    }

    func addAccount(
        _ account: NewStaffAccount,
        to organization: OrganizationID,
        by requester: Requester,
        reason: String,
        in tx: any WriteTransaction
    ) throws -> StaffID {
        let name = account.name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard (1...200).contains(name.count) else { throw IdentityError.nameEmpty }
        let index = try emailIndex(Sensitive(account.email.normalized), of: organization, in: tx)
        guard try AccountQueries.row(emailIndex: index, of: organization, in: tx) == nil else {
            throw IdentityError.addressTaken
        }
        let staff: StaffID = surroundings.makeIdentifier()
        let now = surroundings.now()
        try AccountQueries.insert(
            staff,
            of: organization,
            emailIndex: index,
            emailSealed: seal(
                Sensitive(account.email.mailbox),
                .staffEmail,
                of: staff,
                organization: organization,
                in: tx
            ),
            nameSealed: seal(Sensitive(name), .staffName, of: staff, organization: organization, in: tx),
            at: now,
            in: tx
        )
        try audit.record(entry(.staffInvited, about: staff, reason: reason), by: requester, in: tx)
        for role in account.roles.sorted(by: { $0.rawValue < $1.rawValue }) {
            try AccountQueries.insertRole(role, of: staff, organization: organization, at: now, in: tx)
            let facts = ["role": role.rawValue]
            try audit.record(entry(.staffRoleGiven, about: staff, reason: reason, facts: facts), by: requester, in: tx)
        }
        return staff
    }

    func existing(
        _ staff: StaffID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AccountRow {
        guard let row = try AccountQueries.row(staff, of: organization, in: tx) else {
            throw IdentityError.unknownAccount
        }
        return row
    }

    /// Throws when nobody else could administer the organization.
    func keepAnAdministrator(
        besides staff: StaffID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws {
        let roles = try AccountQueries.roles(of: staff, organization: organization, in: tx)
        guard roles.contains(.administrator) else { return }
        guard try AccountQueries.otherAdministrators(than: staff, of: organization, in: tx) > 0 else {
            throw IdentityError.lastAdministrator
        }
    }

    private func opened(
        _ row: AccountRow,
        of organization: OrganizationID,
        roles: Set<Role>,
        lastSeenAt: Timestamp?,
        in tx: any ReadTransaction
    ) throws -> StaffAccount {
        let name = try open(row.nameSealed, .staffName, of: row.id, organization: organization, in: tx)
        let email = try open(row.emailSealed, .staffEmail, of: row.id, organization: organization, in: tx)
        guard let address = email.expose(for: .disclosing, { EmailAddress($0) }) else {
            throw StoreError(code: .decoding, detail: "staff_account.email_sealed")
        }
        return StaffAccount(
            id: row.id,
            name: name.expose(for: .disclosing) { $0 },
            email: address,
            state: row.state,
            roles: roles,
            createdAt: row.createdAt,
            lastSeenAt: lastSeenAt
        )
    }
}
