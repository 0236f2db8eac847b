// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage
import WardTrust

/// What another server reports about mail to one domain (RFC 8460), in the order of the report.
package struct TLSReportSummary: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package let domain: String
        /// Whether it is the organization's sender domain; a report about another one is somebody's mistake, or a forgery.
        package let isOwnDomain: Bool
        /// `sts`, `tlsa` or `no-policy-found`.
        package let policy: String
        package let successes: Int
        package let failures: Int
        /// What failed, such as `certificate-expired`, with the host and how often.
        package let details: [Detail]
    }

    package struct Detail: Sendable, Hashable {
        package let result: String
        package let host: String
        package let sessions: Int
        package let reason: String
    }

    package let reporter: String
    package let identifier: String
    package let begins: String
    package let ends: String
    package let lines: [Line]

    package var failures: Int { lines.reduce(0) { $0.addingReportingOverflow($1.failures).partialValue } }
}

extension SenderDomains {
    /// A file longer than this is not read.
    package static let longestTLSReport = TLSReport.longestFile

    /// Reads a TLS report, compressed or not; keeps nothing. Nobody vouches for what stands in it: any sender may report.
    package func read(tlsReport file: [UInt8], by requester: Requester) async throws -> TLSReportSummary {
        try require(requester)
        let report: TLSReport
        do {
            report = try TLSReport(file)
        } catch {
            throw SenderDomainError.reportUnreadable
        }
        let own = try await store.read { [self] tx in try domain(of: requester.organization, in: tx) }
        return TLSReportSummary(
            reporter: report.organization,
            identifier: report.identifier,
            begins: report.begins,
            ends: report.ends,
            lines: report.policies.map { policy in
                TLSReportSummary.Line(
                    domain: policy.domain,
                    isOwnDomain: policy.domain.lowercased() == own,
                    policy: policy.kind,
                    successes: policy.successes,
                    failures: policy.failures,
                    details: policy.details.map {
                        TLSReportSummary.Detail(
                            result: $0.result,
                            host: $0.host,
                            sessions: $0.sessions,
                            reason: $0.reason
                        )
                    }
                )
            }
        )
    }
}
