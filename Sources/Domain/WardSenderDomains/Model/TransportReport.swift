// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum TransportReportTag {}
package typealias TransportReportID = Identifier<TransportReportTag>

/// How others reached the sender domain's servers over TLS, as they report it.
package struct TransportStanding: Sendable, Hashable {
    package struct Report: Sendable, Hashable {
        package let reporter: String
        package let begins: Timestamp
        package let successes: Int
        package let failures: Int
        /// Whether the mail that brought it was authenticated as its sender's.
        package let isProved: Bool
    }

    /// One kind of failure at one host, over all reports.
    package struct Failure: Sendable, Hashable {
        /// Such as `certificate-expired` (RFC 8460 section 4.3).
        package let result: String
        package let host: String
        package let sessions: Int
    }

    package let domain: String
    /// Newest first, at most 100.
    package let reports: [Report]
    /// The most frequent first, at most 50.
    package let failures: [Failure]
}
