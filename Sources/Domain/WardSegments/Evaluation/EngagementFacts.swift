// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What a term about messages asks, with its window counted out.
package struct EngagementQuestion: Hashable, Sendable {
    package var event: EngagementTerm.Event
    /// The campaign's name; nil for any message.
    package var campaign: String?
    /// When it happened; nil: at any time.
    package var period: ClosedRange<Timestamp>?
    /// Only these people are asked about; nil: everybody.
    package var among: [ContactID]?
    /// A campaign whose messages do not count.
    package var ignoring: CampaignID?

    package init(
        _ event: EngagementTerm.Event,
        campaign: String? = nil,
        period: ClosedRange<Timestamp>? = nil,
        among: [ContactID]? = nil,
        ignoring: CampaignID? = nil
    ) {
        self.event = event
        self.campaign = campaign
        self.period = period
        self.among = among
        self.ignoring = ignoring
    }
}

/// The answer to a question about messages.
package enum EngagementAnswer: Hashable, Sendable {
    case people(Set<ContactID>)
    /// This version keeps no such facts.
    case notKept
    case noSuchCampaign
}

/// What happened with people's messages. WardCampaigns answers it; a version of Ward without an answer says so rather than
/// pretending that nobody opened anything.
package protocol EngagementFacts: Sendable {
    /// The events of which there are facts: what a builder offers.
    var events: [EngagementTerm.Event] { get }

    func answer(
        _ question: EngagementQuestion,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswer
}

/// No facts about engagement at all.
package struct NoEngagementFacts: EngagementFacts {
    package let events: [EngagementTerm.Event] = []

    package init() {}

    package func answer(
        _ question: EngagementQuestion,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswer { .notKept }
}

/// The answers to the engagement terms of the rules that are evaluated together.
package struct EngagementAnswers: Sendable {
    var people: [EngagementTerm: Set<ContactID>] = [:]

    package init() {}

    /// Asks for each engagement term; throws when one of them has no answer in this version.
    ///
    /// - Parameters:
    ///   - contacts: Only these people are asked about; nil: everybody.
    ///   - campaign: Its own messages do not count: what it sends to somebody must not take that person out of its
    ///     audience before the rest of it (a notice, a repetition) has gone.
    static func gather(
        for expression: SegmentExpression,
        from facts: any EngagementFacts,
        of organization: OrganizationID,
        at moment: EvaluationMoment,
        among contacts: [ContactID]? = nil,
        ignoring campaign: CampaignID? = nil,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswers {
        var answers = EngagementAnswers()
        for (ordinal, term) in expression.terms.enumerated() {
            guard case .engagement(let term) = term, answers.people[term] == nil else { continue }
            let question = EngagementQuestion(
                term.event,
                campaign: term.campaign,
                period: term.window.map(moment.period),
                among: contacts,
                ignoring: campaign
            )
            switch try facts.answer(question, of: organization, in: tx) {
            case .people(let people): answers.people[term] = people
            case .notKept:
                let message = "this version of Ward keeps no facts about who `\(term.event.rawValue)` a message"
                throw try mistake(.notAnswered, message, in: expression, ordinal) { $0.term }
            case .noSuchCampaign:
                let message = "there is no campaign with this name"
                throw try mistake(.unknownCampaign, message, in: expression, ordinal) { $0.value }
            }
        }
        return answers
    }

    private static func mistake(
        _ code: SegmentSyntaxError.Code,
        _ message: String,
        in expression: SegmentExpression,
        _ ordinal: Int,
        at place: (ParsedSegment.Site) -> Int
    ) throws(SegmentSyntaxError) -> SegmentSyntaxError {
        let source = SegmentPrinter.text(of: expression)
        let site = try SegmentParser.parse(source).sites.first { $0.ordinal == ordinal }
        var error = SegmentSyntaxError(code, at: site.map(place) ?? 0, of: source, message)
        error.term = ordinal
        return error
    }
}
