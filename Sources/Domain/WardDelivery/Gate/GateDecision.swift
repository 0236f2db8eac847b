// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum GateDecisionTag {}
/// One decision of the send gate.
package typealias GateDecisionID = Identifier<GateDecisionTag>

/// What the gate says.
package enum GateVerdict: Sendable, Hashable, Codable {
    case cleared(SendMethod)
    case hold(HoldReason, until: Timestamp?)
    case refuse(RefusalReason)
}

/// One question with its answer, kept so that the decision can be explained and replayed.
package struct AnsweredQuestion: Sendable, Hashable, Codable {
    package let question: GateQuestionName
    package let answer: GateAnswer
}

/// A decision with everything that led to it: a value, kept.
package struct GateDecision: Sendable, Hashable, Codable {
    package let verdict: GateVerdict
    /// Every question of this version in order, whatever came first.
    package let answers: [AnsweredQuestion]
    /// The organization's order of methods when it was decided.
    package let methodOrder: [SendMethod]
    package let decidedAt: Timestamp
    /// What it was decided from; nil in decisions that are older than this field.
    package var inputs: DecisionInputs?

    /// The question whose answer decided a hold or refusal; nil when cleared.
    package var deciding: GateQuestionName? {
        switch verdict {
        case .cleared: nil
        case .refuse:
            answers.first { if case .refuses = $0.answer { true } else { false } }?.question ?? .transport
        case .hold:
            answers.first { if case .holds = $0.answer { true } else { false } }?.question ?? .transport
        }
    }
}
