// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Identity {
    /// Lets an operating-system user act as a staff account on the command line.
    /// - Parameter user: the user's number, as the kernel tells it of the socket's other end (`SO_PEERCRED`).
    package func mapSystemUser(
        _ user: UInt32,
        to staff: StaffID,
        reason: String,
        by requester: Requester
    ) async throws {
        if requester.kind != .service { try requester.require(.manageStaff) }
        let reason = try checked(reason: reason)
        try await store.write { [self] tx in
            let organization = requester.organization
            _ = try existing(staff, of: organization, in: tx)
            let now = surroundings.now()
            try SystemUserQueries.store(user, staff, of: organization, at: now, in: tx)
            let facts = ["user": String(user)]
            try audit.record(
                entry(.systemUserMapped, about: staff, reason: reason, facts: facts),
                by: requester,
                in: tx
            )
        }
    }

    /// Whom an operating-system user stands for in an organization.
    /// - Throws: `IdentityError.noSystemUser` without a mapping to an account that may sign in.
    package func requester(systemUser user: UInt32, of organization: OrganizationID) async throws -> Requester {
        try await store.read { [self] tx in
            guard let staff = try SystemUserQueries.staff(user, of: organization, in: tx),
                try existing(staff, of: organization, in: tx).state != .disabled
            else { throw IdentityError.noSystemUser }
            let roles = try AccountQueries.roles(of: staff, organization: organization, in: tx)
            let origin = RequestOrigin(networkAddress: "local", request: surroundings.makeIdentifier())
            return staffRequester(staff, of: organization, roles: roles, session: nil, from: origin)
        }
    }

    /// In the demonstration: ends this session and opens one as another person.
    /// - Throws: `IdentityError.switchingNotAllowed` everywhere else.
    package func switchPerson(
        to staff: StaffID,
        by requester: Requester,
        from origin: RequestOrigin
    ) async throws -> OpenedSession {
        guard allowsSwitchingPerson else { throw IdentityError.switchingNotAllowed }
        return try await store.write { [self] tx in
            let organization = requester.organization
            guard try existing(staff, of: organization, in: tx).state != .disabled else {
                throw IdentityError.unknownAccount
            }
            try audit.record(entry(.personSwitched, about: staff), by: requester, in: tx)
            if let session = requester.session {
                _ = try end(session, reason: .signedOut, by: requester, in: tx)
            }
            return try openSession(of: staff, organization: organization, from: origin, in: tx)
        }
    }

    /// The people that the demonstration's menu offers; empty everywhere else.
    package func peopleToSwitchTo(in organization: OrganizationID) async throws -> [StaffAccount] {
        guard allowsSwitchingPerson else { return [] }
        return try await accounts(of: organization).filter { $0.state == .active }
    }
}

enum SystemUserQueries {
    static func store(
        _ user: UInt32,
        _ staff: StaffID,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO system_user (organization, user_number, staff, mapped_at)
            VALUES (\(organization), \(Int64(user)), \(staff), \(now))
            ON CONFLICT (organization, user_number)
            DO UPDATE SET staff = excluded.staff, mapped_at = excluded.mapped_at
            """
        )
    }

    static func staff(
        _ user: UInt32,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> StaffID? {
        try tx.first(
            "SELECT staff FROM system_user WHERE organization = \(organization) AND user_number = \(Int64(user))"
        )
    }
}
