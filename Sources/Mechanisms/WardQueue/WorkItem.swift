// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum WorkTag {}
package typealias WorkID = Identifier<WorkTag>

/// What has to be done, such as `delivery.attempt`. Each kind is declared once, by the module whose worker does it.
package struct WorkKind: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package init(_ name: StaticString) { self.name = "\(name)" }
    init(stored name: String) { self.name = name }
    package var description: String { name }
}

/// Which items go first. A higher class is claimed before a lower one, so that a million of a campaign's items do not
/// stand before one message to a patient.
package enum WorkPriority: Int64, Sendable, CaseIterable, Comparable {
    case bulk = 0
    case normal = 1
    case urgent = 2

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One piece of work that this worker has leased.
package struct WorkItem: Sendable, Hashable {
    package let organization: OrganizationID
    package let id: WorkID
    package let kind: WorkKind
    /// What the work is about, usually the identifier of a row; never protected information.
    package let reference: [UInt8]
    package let priority: WorkPriority
    /// 1 for the first attempt.
    package let attempt: Int
    /// Grows with each claim: who holds an older number has lost the lease.
    package let fence: Int64
}

/// An item that was given up until a person looks.
package struct ParkedItem: Sendable, Hashable {
    package let id: WorkID
    package let kind: WorkKind
    package let reference: [UInt8]
    /// A code fixed in the source.
    package let reason: String
    package let madeAt: Timestamp
}

/// The lease ended and another worker has the item, or it was removed: what this worker did must not be kept.
package struct LeaseLost: Error, Hashable, Sendable, CustomStringConvertible {
    package let id: WorkID
    package var description: String { "The lease of work item \(id) was lost." }
}

/// How many items of one kind are in which state.
package struct WorkCounts: Sendable, Hashable {
    /// May be claimed now, or later.
    package var waiting = 0
    package var leased = 0
    package var parked = 0

    package init(waiting: Int = 0, leased: Int = 0, parked: Int = 0) {
        self.waiting = waiting
        self.leased = leased
        self.parked = parked
    }
}
