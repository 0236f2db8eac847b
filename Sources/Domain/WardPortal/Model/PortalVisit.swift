// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// How long a recognised visit lasts (hipaa/rules.md section 3, patients): 30 minutes without a request, 12 hours in all.
package struct VisitLimits: Hashable, Sendable {
    package var idle: Duration
    package var absolute: Duration

    package init(idle: Duration = .minutes(30), absolute: Duration = .hours(12)) {
        self.idle = idle
        self.absolute = absolute
    }

    /// Whether a visit that began and was last used then is still on now. The limits themselves are still inside.
    package func isOn(began: Timestamp, lastUsed: Timestamp, ended: Timestamp?, now: Timestamp) -> Bool {
        ended == nil && now.since(lastUsed) <= idle && now.since(began) <= absolute
    }
}

/// Where a message in the portal stands.
package enum MessageStanding: String, Hashable, Sendable, CaseIterable {
    /// Waiting for its reader; the link works.
    case waiting
    /// Read at least once; the link still works.
    case opened
    /// Taken back by staff: nobody reads it any more.
    case retracted
    /// Its time is over; the content is no longer shown.
    case expired
}

/// The life of a message in the portal, as a value: waiting → opened → expired, with retraction from both first states.
package struct MessageLife: Hashable, Sendable {
    package private(set) var openedAt: Timestamp?
    package private(set) var retractedAt: Timestamp?
    package let expiresAt: Timestamp

    package init(expiresAt: Timestamp, openedAt: Timestamp? = nil, retractedAt: Timestamp? = nil) {
        self.expiresAt = expiresAt
        self.openedAt = openedAt
        self.retractedAt = retractedAt
    }

    package func standing(at now: Timestamp) -> MessageStanding {
        if retractedAt != nil { return .retracted }
        if now >= expiresAt { return .expired }
        return openedAt == nil ? .waiting : .opened
    }

    /// Notes a reading; false when there is nothing left to read. Only the first reading sets the time.
    package mutating func read(at now: Timestamp) -> Bool {
        switch standing(at: now) {
        case .retracted, .expired: return false
        case .opened: return true
        case .waiting:
            openedAt = now
            return true
        }
    }

    /// Takes the message back; false when its time was already over or it was taken back before.
    package mutating func retract(at now: Timestamp) -> Bool {
        switch standing(at: now) {
        case .retracted, .expired: return false
        case .waiting, .opened:
            retractedAt = now
            return true
        }
    }
}
