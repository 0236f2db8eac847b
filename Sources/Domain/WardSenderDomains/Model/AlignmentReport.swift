// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum AlignmentReportTag {}
package typealias AlignmentReportID = Identifier<AlignmentReportTag>

/// What became of a report that came.
package enum ReportOutcome: Hashable, Sendable {
    case kept(records: Int)
    /// The same report was kept before.
    case keptBefore
    /// It is about another domain than the organization's: somebody's mistake, or a forgery. Nothing is kept.
    case otherDomain
    case unreadable
}

/// How mail with the sender domain in From fared at those who report.
package struct Alignment: Sendable, Hashable {
    package struct Day: Sendable, Hashable {
        package let day: CalendarDate
        package var passed: Int
        package var failed: Int
    }

    /// One address that mail came from.
    package struct Source: Sendable, Hashable {
        package let address: String
        package var passed: Int
        package var failed: Int
        /// Of those that failed, how many were put aside or turned away.
        package var stopped: Int
    }

    package struct Report: Sendable, Hashable {
        package let reporter: String
        package let begins: Timestamp
        package let ends: Timestamp
        package let receivedAt: Timestamp
        package let policy: String
        /// Whether the mail that brought it was authenticated as its sender's.
        package let isProved: Bool
    }

    package let domain: String
    /// Oldest first, in UTC, the days without a report left out.
    package let days: [Day]
    /// Those with the most failures first, at most 200.
    package let sources: [Source]
    /// Newest first, at most 100.
    package let reports: [Report]

    package var passed: Int { days.reduce(0) { $0 + $1.passed } }
    package var failed: Int { days.reduce(0) { $0 + $1.failed } }
}
