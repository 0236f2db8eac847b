// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

/// Which conversations staff wants to see.
package enum ThreadFilter: Hashable, Sendable {
    /// The person wrote and nobody has answered or marked it as dealt with.
    case needsAnswer
    /// The person wrote, and it was answered or marked.
    case handled
    /// Everything with one person, also what nobody answered.
    case person(ContactID)
}

/// A position in the list, for the next page.
package struct ThreadPosition: Hashable, Sendable {
    package let at: Timestamp
    package let id: ThreadID

    package init(at: Timestamp, id: ThreadID) {
        self.at = at
        self.id = id
    }
}

/// One line of the list of conversations.
package struct ThreadSummary: Sendable {
    package let id: ThreadID
    package let contact: ContactID
    package let subject: Sensitive<String>
    package let lastMessageAt: Timestamp
    /// When the person last wrote; nil when never.
    package let lastAnswerAt: Timestamp?
    package let needsAnswer: Bool
    package let assignedTo: StaffID?
}

package struct ThreadPage: Sendable {
    package let threads: [ThreadSummary]
    /// Nil on the last page.
    package let next: ThreadPosition?
}

extension Portal {
    /// Lists conversations, newest answer first. Seeing their subjects is a disclosure and is audited as one.
    package func threads(
        _ filter: ThreadFilter,
        after position: ThreadPosition? = nil,
        limit: Int = 50,
        requester: Requester
    ) async throws -> ThreadPage {
        try requester.require(.viewMessages)
        let organization = requester.organization
        let limit = min(max(limit, 1), 200)
        return try await store.write { [self] tx in
            let rows = try rows(filter, after: position, limit: limit + 1, of: organization, in: tx)
            let threads = try rows.prefix(limit).map { try summary(of: $0, organization: organization, in: tx) }
            let subject: ContactID? = if case .person(let contact) = filter { contact } else { nil }
            try audit.record(
                .threadList,
                object: nil,
                subject: subject,
                fields: ["subject"],
                facts: ["threads": String(threads.count)],
                by: requester,
                in: tx
            )
            let last = rows.count > limit ? threads.last : nil
            return ThreadPage(
                threads: threads,
                next: last.map { ThreadPosition(at: $0.lastAnswerAt ?? $0.lastMessageAt, id: $0.id) }
            )
        }
    }

    /// How many conversations wait for an answer; shown on Home.
    package func countOfThreadsNeedingAnswer(requester: Requester) async throws -> Int {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.read { tx in try ThreadQueries.countNeedingAnswer(of: organization, in: tx) }
    }

    private func rows(
        _ filter: ThreadFilter,
        after position: ThreadPosition?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ThreadRow] {
        switch filter {
        case .needsAnswer, .handled:
            try ThreadQueries.inbox(
                needingAnswer: filter == .needsAnswer,
                before: position.map { ($0.at, $0.id) },
                limit: limit,
                of: organization,
                in: tx
            )
        case .person(let contact): try ThreadQueries.all(with: contact, limit: limit, of: organization, in: tx)
        }
    }

    func summary(
        of row: ThreadRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ThreadSummary {
        ThreadSummary(
            id: row.id,
            contact: row.contact,
            subject: try sealing.openSubject(of: row, organization: organization, in: tx),
            lastMessageAt: row.lastMessageAt,
            lastAnswerAt: row.lastAnswerAt,
            needsAnswer: row.needsAnswer,
            assignedTo: row.assignedTo
        )
    }
}
