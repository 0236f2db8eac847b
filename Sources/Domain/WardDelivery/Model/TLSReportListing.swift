// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// What became of the report about one day's sessions with a domain's servers.
package enum TLSReportStanding: String, CaseIterable, Sendable, Hashable {
    /// The day is not over, or the report is due, or will be tried again.
    case waiting
    case sent
    /// The domain asks for no reports.
    case notAsked = "not_asked"
    /// Nobody took it within a day.
    case gaveUp = "gave_up"
    /// Reports were turned off when it was due.
    case switchedOff = "switched_off"

    /// The standing in words.
    package var title: String {
        switch self {
        case .waiting: "Waiting"
        case .sent: "Sent"
        case .notAsked: "Not asked for"
        case .gaveUp: "Given up after a day"
        case .switchedOff: "Turned off"
        }
    }
}

/// One day and one domain: its sessions, and its report.
package struct TLSReportRow: Sendable, Hashable {
    package let key: DestinationKey
    /// In UTC.
    package let day: CalendarDate
    package let domain: String
    package let successes: Int
    package let failures: Int
    package let standing: TLSReportStanding
    /// When it is sent or tried next; nil when nothing more happens.
    package let nextAt: Timestamp?
    /// The address that it went to, `mailto:` or `https:`.
    package let place: String?
    /// The mail that it went by; its further way is in the queue.
    package let message: MessageID?
    package let changedAt: Timestamp
}

/// Which rows are listed.
package struct TLSReportFilter: Sendable, Hashable {
    package var domain: String?
    package var onlyFailures = false
    package var oldestFirst = false

    package init(domain: String? = nil, onlyFailures: Bool = false, oldestFirst: Bool = false) {
        self.domain = domain
        self.onlyFailures = onlyFailures
        self.oldestFirst = oldestFirst
    }
}

/// The last row of a page, after which the next begins.
package struct TLSReportPosition: Sendable, Hashable, CustomStringConvertible {
    package let day: CalendarDate
    package let key: DestinationKey

    init(_ row: TLSReportRow) {
        day = row.day
        key = row.key
    }

    /// Reads `2026-11-26.` and the destination's key; anything else is nil.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let day = CalendarDate(parts[0]), let key = DestinationKey(String(parts[1])) else {
            return nil
        }
        self.day = day
        self.key = key
    }

    package var description: String { "\(day).\(key)" }
}

/// Days and domains, in the order that was asked for.
package struct TLSReportPage: Sendable, Hashable {
    package let rows: [TLSReportRow]
    package let next: TLSReportPosition?
}

/// A report as it was sent, or as it would be sent now.
package struct TLSReportView: Sendable, Hashable {
    package let row: TLSReportRow
    /// The octets of the report before compression, in UTF-8.
    package let json: String
    package let fileName: String
    /// The sessions with what they were measured against, as the report says it.
    package let results: [Result]

    package struct Result: Sendable, Hashable {
        /// `sts`, `tlsa` or `no-policy-found`.
        package let policy: String
        /// Nil: protected as the policy asks.
        package let result: String?
        package let host: String?
        package let reason: String?
        package let sessions: Int
    }
}
