// SPDX-License-Identifier: Apache-2.0
//
// A TLS report (RFC 8460 section 4): how one sender's connections to a domain's servers fared in a day. Strangers send them, so
// sizes and counts are bounded and no text leaves here with a control character in it.

import Foundation
import WardCompression

package struct TLSReport: Sendable, Hashable {
    /// A file longer than this is not read; compressed or not.
    package static let longestFile = 4_194_304
    static let longestText = 16_777_216
    static let mostPolicies = 1_000
    static let mostFailures = 10_000

    /// Who reports.
    package let organization: String
    package let identifier: String
    /// As they stand in the report (RFC 3339).
    package let begins: String
    package let ends: String
    package let policies: [Policy]

    package struct Policy: Sendable, Hashable {
        /// `sts`, `tlsa` or `no-policy-found`.
        package let kind: String
        package let domain: String
        package let successes: Int
        package let failures: Int
        package let details: [Failure]
    }

    package struct Failure: Sendable, Hashable {
        /// Such as `certificate-expired` (RFC 8460 section 4.3).
        package let result: String
        package let host: String
        package let sessions: Int
        package let reason: String
    }

    /// Reads a report, as JSON or compressed with gzip (RFC 8460 section 5.1).
    package init(_ file: [UInt8]) throws(TLSReportProblem) {
        guard file.count <= Self.longestFile else { throw .tooLong }
        let text: [UInt8]
        if Inflate.isGzip(file) {
            do {
                text = try Inflate.expand(file, .gzip, limit: Self.longestText)
            } catch .tooLong {
                throw .tooLong
            } catch {
                throw .malformed
            }
        } else {
            text = file
        }
        let written: Written
        do {
            written = try JSONDecoder().decode(Written.self, from: Data(text))
        } catch {
            throw .malformed
        }
        let details = written.policies.reduce(0) { $0 + ($1.failureDetails?.count ?? 0) }
        guard written.policies.count <= Self.mostPolicies, details <= Self.mostFailures else { throw .tooLong }
        organization = Self.plain(written.organizationName)
        identifier = Self.plain(written.reportID)
        begins = Self.plain(written.dateRange.start)
        ends = Self.plain(written.dateRange.end)
        policies = written.policies.map(Policy.init)
    }

    /// At most 255 characters, none of them a control character.
    static func plain(_ text: String?) -> String {
        String(
            (text ?? "").unicodeScalars.prefix(255).map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                default: Character(scalar)
                }
            }
        )
    }
}

/// Why a file is no report that can be read.
package enum TLSReportProblem: Error, Hashable, Sendable {
    /// Neither JSON of this form nor that under gzip.
    case malformed
    /// More than 4 MiB, 16 MiB expanded, 1,000 policies or 10,000 failures.
    case tooLong
}

extension TLSReport.Policy {
    fileprivate init(_ written: Written.Policy) {
        kind = TLSReport.plain(written.policy.kind)
        domain = TLSReport.plain(written.policy.domain)
        successes = max(0, written.summary.successes)
        failures = max(0, written.summary.failures)
        details = (written.failureDetails ?? []).map { detail in
            TLSReport.Failure(
                result: TLSReport.plain(detail.result),
                host: TLSReport.plain(detail.host),
                sessions: max(0, detail.sessions),
                reason: TLSReport.plain(detail.reason)
            )
        }
    }
}

/// The form on the wire (RFC 8460 section 4.4).
private struct Written: Decodable {
    struct Range: Decodable {
        var start: String
        var end: String

        enum CodingKeys: String, CodingKey {
            case start = "start-datetime"
            case end = "end-datetime"
        }
    }

    struct Policy: Decodable {
        struct Name: Decodable {
            var kind: String
            var domain: String?

            enum CodingKeys: String, CodingKey {
                case kind = "policy-type"
                case domain = "policy-domain"
            }
        }

        struct Summary: Decodable {
            var successes: Int
            var failures: Int

            enum CodingKeys: String, CodingKey {
                case successes = "total-successful-session-count"
                case failures = "total-failure-session-count"
            }
        }

        struct Detail: Decodable {
            var result: String
            var host: String?
            var sessions: Int
            var reason: String?

            enum CodingKeys: String, CodingKey {
                case result = "result-type"
                case host = "receiving-mx-hostname"
                case sessions = "failed-session-count"
                case reason = "failure-reason-code"
            }
        }

        var policy: Name
        var summary: Summary
        var failureDetails: [Detail]?

        enum CodingKeys: String, CodingKey {
            case policy, summary
            case failureDetails = "failure-details"
        }
    }

    var organizationName: String?
    var reportID: String?
    var dateRange: Range
    var policies: [Policy]

    enum CodingKeys: String, CodingKey {
        case organizationName = "organization-name"
        case reportID = "report-id"
        case dateRange = "date-range"
        case policies
    }
}
