// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A policy with its number and its place in the history.
package struct NumberedPolicy: Sendable, Hashable {
    /// 1 …; 0 for what holds before any policy was put into force.
    package let number: Int
    package var policy: ProtectionPolicy
    package let changedAt: Timestamp?
    /// When it was last run against past decisions; nil: never, or changed since.
    package let trial: PolicyTrial?
}

/// A run of a draft against past decisions.
package struct PolicyTrial: Sendable, Hashable {
    package let triedAt: Timestamp
    /// How many days back the decisions reached.
    package let days: Int
    /// The number of the policy that was in force then.
    package let against: Int
    /// How many decisions were looked at.
    package let decisions: Int
}

/// The policy in force and the draft beside it.
package struct PolicyStanding: Sendable, Hashable {
    package let inForce: NumberedPolicy
    package let draft: NumberedPolicy?
}

/// What came of a change to the policy.
package enum PolicyOutcome: Hashable, Sendable {
    case done
    case refused(PolicyProblem)
}

/// How many messages would go from one verdict to another.
package struct PolicyChangeCount: Sendable, Hashable {
    /// A verdict's fixed word, such as `cleared:portal`.
    package let before: String
    package let after: String
    package let messages: Int
}

/// One message that a draft would have treated otherwise.
package struct PolicyChange: Sendable, Hashable {
    package let message: MessageID
    package let before: String
    package let after: String
}

/// What a replay of kept decisions came to.
package struct ReplayReport: Sendable, Hashable {
    /// Decisions whose answers and verdict came out the same.
    package var same = 0
    /// Decisions that came out otherwise, by message: never, unless what was kept was changed.
    package var different: [MessageID] = []
    /// Decisions that are older than the kept inputs: their verdict alone was replayed.
    package var withoutInputs = 0
    /// Decisions about people who were erased since: nothing of them can be read.
    package var unreadable = 0

    package init() {}
}
