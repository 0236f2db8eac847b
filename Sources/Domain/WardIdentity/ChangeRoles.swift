// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What a change of roles did.
package enum RoleChange: Sendable, Hashable {
    case changed
    /// The account had (or lacked) the role already; nothing was written.
    case unchanged
}

extension Identity {
    /// Gives a role, also to oneself; effective with the next request. Other sessions of the account end, and its own
    /// asks for a new token (`renew`).
    package func giveRole(
        _ role: Role,
        to staff: StaffID,
        reason: String,
        by requester: Requester
    ) async throws -> RoleChange {
        try await change(role, of: staff, reason: reason, by: requester, action: .give)
    }

    /// Takes a role away.
    /// - Throws: `IdentityError.lastAdministrator` when nobody else could administer the organization.
    package func takeRole(
        _ role: Role,
        from staff: StaffID,
        reason: String,
        by requester: Requester
    ) async throws -> RoleChange {
        try await change(role, of: staff, reason: reason, by: requester, action: .take)
    }

    private enum Action { case give, take }

    private func change(
        _ role: Role,
        of staff: StaffID,
        reason: String,
        by requester: Requester,
        action: Action
    ) async throws -> RoleChange {
        try requester.require(.manageStaff)
        let reason = try checked(reason: reason)
        let organization = requester.organization
        return try await store.write { [self] tx in
            _ = try existing(staff, of: organization, in: tx)
            let holds = try AccountQueries.roles(of: staff, organization: organization, in: tx).contains(role)
            guard holds == (action == .take) else { return .unchanged }
            switch action {
            case .give:
                let now = surroundings.now()
                try AccountQueries.insertRole(role, of: staff, organization: organization, at: now, in: tx)
            case .take:
                if role == .administrator { try keepAnAdministrator(besides: staff, of: organization, in: tx) }
                try AccountQueries.deleteRole(role, of: staff, organization: organization, in: tx)
            }
            let facts = ["role": role.rawValue]
            let audited: AuditAction = action == .give ? .staffRoleGiven : .staffRoleTaken
            try audit.record(entry(audited, about: staff, reason: reason, facts: facts), by: requester, in: tx)
            try endSessions(of: staff, except: requester.session, reason: .rolesChanged, by: requester, in: tx)
            return .changed
        }
    }
}
