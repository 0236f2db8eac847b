// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Identity {
    /// Signs the owner of a one-time link in without a password: in the demonstration only, where every person is made
    /// up. The account becomes active.
    ///
    /// - Returns: nil when the link is not valid (any more).
    /// - Throws: `IdentityError.switchingNotAllowed` everywhere but in the demonstration.
    package func signIn(
        demonstrationLink token: String,
        of organization: OrganizationID,
        from origin: RequestOrigin
    ) async throws -> OpenedSession? {
        guard allowsSwitchingPerson else { throw IdentityError.switchingNotAllowed }
        return try await store.write { [self] tx in
            let found = try linkState(token, of: organization, in: tx)
            guard case .valid = found.state, let link = found.row else { return nil }
            let now = surroundings.now()
            guard try LinkQueries.use(link.id, of: organization, at: now, in: tx) == 1 else { return nil }
            try AccountQueries.setState(.active, of: link.staff, organization: organization, at: now, in: tx)
            return try openSession(
                of: link.staff,
                organization: organization,
                from: origin,
                authentication: "demonstration",
                in: tx
            )
        }
    }

    /// Makes a seeded account one that the demonstration's menu offers.
    package func activateForDemonstration(_ staff: StaffID, of organization: OrganizationID) async throws {
        guard allowsSwitchingPerson else { throw IdentityError.switchingNotAllowed }
        try await store.write { [self] tx in
            let now = surroundings.now()
            try AccountQueries.setState(.active, of: staff, organization: organization, at: now, in: tx)
            let requester = Requester.service("demonstration", of: organization)
            try audit.record(entry(.staffEnabled, about: staff, reason: "Demonstration"), by: requester, in: tx)
        }
    }
}
