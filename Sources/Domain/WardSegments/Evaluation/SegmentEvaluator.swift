// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What is evaluated: a checked rule and parts of it, all at one moment.
package struct SegmentQuestion: Sendable {
    package var organization: OrganizationID
    package var segment: CheckedSegment
    /// Parts of the rule, such as its lines; each is answered apart.
    package var parts: [SegmentExpression]
    package var moment: EvaluationMoment
    package var engagement: EngagementAnswers

    package init(
        organization: OrganizationID,
        segment: CheckedSegment,
        parts: [SegmentExpression] = [],
        moment: EvaluationMoment,
        engagement: EngagementAnswers = EngagementAnswers()
    ) {
        self.organization = organization
        self.segment = segment
        self.parts = parts
        self.moment = moment
        self.engagement = engagement
    }
}

/// Who is in, as a whole and for each part.
package struct SegmentAnswer: Sendable {
    package var audience: SegmentAudience
    /// In the order of the question's parts.
    package var parts: [SegmentAudience]
    /// How many people the organization has.
    package var population: Int
    package var timing: EvaluationTiming
}

/// How long an evaluation took, and what it went through: wall time, to the microsecond.
package struct EvaluationTiming: Hashable, Sendable {
    /// Building the columns, or bringing them up to the newest change.
    package var columns: Duration
    /// The rule alone, without its parts.
    package var rule: Duration
    /// Dated records in the columns.
    package var records: Int
    /// Of memory that the columns take, about.
    package var bytes: Int
}

/// Finds the people for whom rules hold. A change that `tx` sees is in the answer.
package protocol SegmentEvaluator: Sendable {
    func evaluate(_ question: SegmentQuestion, in tx: any ReadTransaction) throws -> SegmentAnswer

    /// Whether the organization's people are in memory.
    func remembers(_ organization: OrganizationID) -> Bool

    /// Brings what is remembered of people up to what `tx` sees. Call it in a read transaction.
    func refresh(_ organization: OrganizationID, in tx: any ReadTransaction) throws

    /// Of these people, those for whom the rule held at a position of the change feed; nil when that is not at hand.
    /// Neither looks at the store nor waits: whoever asks looks for later changes.
    ///
    /// - Parameter rule: What the question's rule was made from.
    func recall(
        _ question: SegmentQuestion,
        of rule: RuleIdentity,
        among contacts: [ContactID]
    ) -> RecalledMembers?
}

/// Who belonged at a position of the change feed.
package struct RecalledMembers: Sendable {
    var members: Set<ContactID>
    var position: Int64
}
