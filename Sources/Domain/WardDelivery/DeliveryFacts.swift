// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What happened with people's messages, read from the delivery's rows alone. It needs nothing else, so it is made before
/// the delivery: what the delivery asks of others is answered with it.
package struct DeliveryFacts: Sendable {
    /// Something that Ward knows about a message.
    package enum Event: String, CaseIterable, Sendable, Hashable {
        /// Their server took it, or the portal has it and its notice is out, or it may have left (an attempt in doubt).
        case sent
        /// Their server took it: its 250.
        case delivered
        /// The person opened it in the portal.
        case opened
        /// Their server refused it, or the notice of it, for good.
        case refused
    }

    /// Who had such a message.
    package struct Question: Sendable, Hashable {
        package var event: Event
        /// Messages of these campaigns; nil: any message.
        package var campaigns: [CampaignID]?
        /// A campaign whose messages do not count.
        package var ignoring: CampaignID?
        /// When it happened; nil: at any time.
        package var period: ClosedRange<Timestamp>?
        /// Only these people are asked about; nil: everybody.
        package var among: [ContactID]?

        package init(
            _ event: Event,
            campaigns: [CampaignID]? = nil,
            ignoring: CampaignID? = nil,
            period: ClosedRange<Timestamp>? = nil,
            among: [ContactID]? = nil
        ) {
            self.event = event
            self.campaigns = campaigns
            self.ignoring = ignoring
            self.period = period
            self.among = among
        }
    }

    package init() {}

    /// The people for whom the question has a yes. A notice is part of the message that it announces.
    package func people(
        _ question: Question,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        guard let contacts = question.among else {
            return try FactQueries.people(question, among: nil, of: organization, in: tx)
        }
        return try Self.paged(contacts) { page in
            try FactQueries.people(question, among: page, of: organization, in: tx)
        }
    }

    /// Those of these people for whom a message was queued or sent at this moment or later. What the gate refused, and
    /// what was cancelled or expired before any attempt, was not.
    package func writtenTo(
        among contacts: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        try Self.paged(contacts) { page in
            try FactQueries.writtenTo(among: page, since: moment, of: organization, in: tx)
        }
    }

    private static func paged(
        _ contacts: [ContactID],
        _ body: ([ContactID]) throws -> Set<ContactID>
    ) rethrows -> Set<ContactID> {
        var found: Set<ContactID> = []
        for start in stride(from: 0, to: contacts.count, by: 500) {
            found.formUnion(try body(Array(contacts[start..<min(start + 500, contacts.count)])))
        }
        return found
    }
}
