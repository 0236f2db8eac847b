// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Portal {
    /// Marks a conversation as dealt with without an answer, or as waiting for one again.
    package func mark(_ id: ThreadID, handled: Bool, requester: Requester) async throws {
        try requester.require(.answerMessages)
        try await change(id, .threadHandled, facts: ["handled": handled ? "yes" : "no"], requester: requester) {
            organization,
            tx in
            try ThreadQueries.setNeedsAnswer(!handled, id, of: organization, in: tx)
        }
    }

    /// Gives a conversation to a member of staff, or to nobody.
    package func assign(_ id: ThreadID, to staff: StaffID?, requester: Requester) async throws {
        try requester.require(.answerMessages)
        let facts = ["to": staff.map(\.description) ?? "nobody"]
        try await change(id, .threadAssign, facts: facts, requester: requester) { organization, tx in
            try ThreadQueries.assign(id, to: staff, of: organization, in: tx)
        }
    }

    private func change(
        _ id: ThreadID,
        _ action: AuditAction,
        facts: [String: String],
        requester: Requester,
        _ body: @escaping @Sendable (OrganizationID, any WriteTransaction) throws -> Int
    ) async throws {
        let organization = requester.organization
        try await store.write { [self] tx in
            guard let thread = try ThreadQueries.find(id, of: organization, in: tx), try body(organization, tx) == 1
            else { throw PortalError.threadNotFound(id) }
            try audit.record(
                action,
                object: AuditObject(kind: "thread", id),
                subject: thread.contact,
                facts: facts,
                by: requester,
                in: tx
            )
        }
    }
}
