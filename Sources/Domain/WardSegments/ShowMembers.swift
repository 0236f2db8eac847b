// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardContacts
package import WardKernel
import WardStorage

extension Segments {
    /// Most members of one page.
    package static let longestPage = 100

    /// Members of a rule that is being written, masked; ten unless more are asked.
    package func members(
        ofRule rule: String,
        after cursor: ContactID? = nil,
        limit: Int = 10,
        by requester: Requester
    ) async throws -> MembersPage {
        try await recordingDenials(.segmentMembers, nil, by: requester) {
            try await page(of: nil, rule: rule, after: cursor, limit: limit, by: requester)
        }
    }

    /// Members of a stored segment, masked, ascending by contact; ten unless more are asked.
    package func members(
        of id: SegmentID,
        after cursor: ContactID? = nil,
        limit: Int = 10,
        by requester: Requester
    ) async throws -> MembersPage {
        try await recordingDenials(.segmentMembers, id, by: requester) {
            let rule = try await store.read { tx in
                try self.storedRule(id, version: nil, of: requester.organization, in: tx).text
            }
            return try await page(of: id, rule: rule, after: cursor, limit: limit, by: requester)
        }
    }

    private func page(
        of id: SegmentID?,
        rule: String,
        after cursor: ContactID?,
        limit: Int,
        by requester: Requester
    ) async throws -> MembersPage {
        try requester.require(.viewSegments)
        try requester.require(.viewContacts)
        let limit = min(max(1, limit), Self.longestPage)
        let audience = try await evaluating(requester.organization) { tx in
            let question = try self.question(
                try self.check(rule, for: requester, in: tx),
                of: requester.organization,
                in: tx
            )
            return try self.evaluator.evaluate(question, in: tx).audience
        }
        guard requester.mayFilterByClinical || audience.count >= SegmentCount.smallestShown else {
            throw SegmentsError.tooFew
        }
        let contacts = audience.page(after: cursor, limit: limit + 1)
        return try await store.write { tx in
            let today = try self.moment(of: requester.organization, in: tx).today
            let shown = Array(contacts.prefix(limit))
            let members = try self.people.people(shown, of: requester.organization, in: tx)
                .map { person in person.expose(for: .disclosing) { SegmentMember($0, today: today) } }
                .sorted { $0.contact < $1.contact }
            try self.audit.record(
                AuditEntry(
                    .segmentMembers,
                    object: id.map { AuditObject(kind: "segment", $0) },
                    reason: id == nil ? Sensitive(rule) : nil,
                    fields: ["given_name", "family_name", "birth_date"],
                    facts: ["people": String(members.count)]
                ),
                by: requester,
                in: tx
            )
            return MembersPage(
                members: members,
                next: contacts.count > limit ? shown.last : nil,
                total: SegmentCount(audience.count, isExactShown: requester.mayFilterByClinical)
            )
        }
    }
}

extension SegmentMember {
    init(_ person: PersonFacts, today: CalendarDate) {
        contact = person.contact
        let names = [AttributeName.givenName, .familyName].compactMap { name -> String? in
            switch person.attributes[name] {
            case .text(let text), .code(let text): Self.masked(text)
            default: nil
            }
        }
        maskedName = names.isEmpty ? "•••••" : names.joined(separator: " ")
        if case .date(let birth)? = person.attributes[.birthDate] { age = Sensitive(birth.age(on: today)) }
    }

    /// The first letter and always as many dots, so that the length of the name is not told.
    private static func masked(_ name: String) -> String? {
        name.first { !$0.isWhitespace }.map { "\($0)••••" }
    }
}
