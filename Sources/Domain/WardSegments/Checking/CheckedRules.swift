// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardKernel

/// What a checked rule was made from. The sealed form stands for its text: no two sealings are alike, so that a rule of a
/// transaction that was undone is never taken for another with the same number.
package struct RuleIdentity: Hashable, Sendable {
    var sealedRule: [UInt8]
    /// What the names in it stood for.
    var catalogue: [UInt8]
}

/// The rules that were checked before, by segment and version; the most recently used stay.
final class CheckedRules: Sendable {
    private struct Key: Hashable {
        var organization: OrganizationID
        var segment: SegmentID
        var version: Int64
    }

    private struct Entry {
        var identity: RuleIdentity
        var segment: CheckedSegment
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 200) { self.capacity = capacity }

    /// Nil when the rule is not known, or was made from something else.
    func find(
        _ segment: SegmentID,
        _ version: Int64,
        of organization: OrganizationID,
        _ identity: RuleIdentity
    ) -> CheckedSegment? {
        let key = Key(organization: organization, segment: segment, version: version)
        return state.withLock { state in
            guard let entry = state.entries[key], entry.identity == identity else { return nil }
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return entry.segment
        }
    }

    func keep(
        _ checked: CheckedSegment,
        _ segment: SegmentID,
        _ version: Int64,
        of organization: OrganizationID,
        _ identity: RuleIdentity
    ) {
        let key = Key(organization: organization, segment: segment, version: version)
        state.withLock { state in
            state.uses += 1
            state.entries[key] = Entry(identity: identity, segment: checked, lastUse: state.uses)
            guard state.entries.count > capacity else { return }
            if let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                state.entries[oldest.key] = nil
            }
        }
    }
}
