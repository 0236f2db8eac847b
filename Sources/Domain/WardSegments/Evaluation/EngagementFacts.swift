// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What people did with messages. Delivery answers it; a version of Ward without an answer says so rather than
/// pretending that nobody opened anything.
package protocol EngagementFacts: Sendable {
    /// The people for whom the term holds at `now`; nil when this version keeps no such facts.
    func people(
        _ term: EngagementTerm,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>?
}

/// No facts about engagement at all.
package struct NoEngagementFacts: EngagementFacts {
    package init() {}

    package func people(
        _ term: EngagementTerm,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>? { nil }
}

/// The answers to the engagement terms of the rules that are evaluated together.
package struct EngagementAnswers: Sendable {
    var people: [EngagementTerm: Set<ContactID>] = [:]

    package init() {}

    /// Asks for each engagement term; throws when one of them has no answer in this version.
    static func gather(
        for expression: SegmentExpression,
        from facts: any EngagementFacts,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswers {
        var answers = EngagementAnswers()
        for (ordinal, term) in expression.terms.enumerated() {
            guard case .engagement(let term) = term, answers.people[term] == nil else { continue }
            guard let people = try facts.people(term, of: organization, at: now, in: tx) else {
                let source = SegmentPrinter.text(of: expression)
                let site = try SegmentParser.parse(source).sites.first { $0.ordinal == ordinal }
                let message = "this version of Ward keeps no facts about who `\(term.event.rawValue)` a message"
                var error = SegmentSyntaxError(.notAnswered, at: site?.term ?? 0, of: source, message)
                error.term = ordinal
                throw error
            }
            answers.people[term] = people
        }
        return answers
    }
}
