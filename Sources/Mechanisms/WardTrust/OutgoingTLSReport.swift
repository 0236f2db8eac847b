// SPDX-License-Identifier: Apache-2.0
//
// The report that a sender makes about a day's connections to a domain's servers (RFC 8460 section 4.4). Nothing in it is about a
// person or a message: domains, hosts, addresses of servers and counts.

import Foundation
import WardCompression
import WardDNS
package import WardKernel

/// Why a session was not protected as its policy asks (RFC 8460 section 4.3).
package enum TLSResult: String, CaseIterable, Sendable, Hashable, Codable {
    case startTLSNotSupported = "starttls-not-supported"
    case certificateHostMismatch = "certificate-host-mismatch"
    case certificateExpired = "certificate-expired"
    case certificateNotTrusted = "certificate-not-trusted"
    case validationFailure = "validation-failure"
    case tlsaInvalid = "tlsa-invalid"
    case dnssecInvalid = "dnssec-invalid"
    /// For senders that are set to demand DANE of a domain.
    case daneRequired = "dane-required"
    case policyFetchError = "sts-policy-fetch-error"
    case policyInvalid = "sts-policy-invalid"
    case policyUntrusted = "sts-webpki-invalid"

    /// What a certificate that proves nothing comes to. A certificate that no TLSA record names does not follow the domain's
    /// policy, which is what the RFC calls a mismatch.
    package init(_ problem: TrustProblem) {
        switch problem {
        case .expired: self = .certificateExpired
        case .nameMismatch, .matchesNoRecord: self = .certificateHostMismatch
        case .unknownIssuer, .selfSigned, .notAllowed, .notYetValid: self = .certificateNotTrusted
        case .noCertificate, .malformed, .weakKey, .weakSignature: self = .validationFailure
        }
    }

    /// What a policy that cannot be had comes to.
    package init(_ problem: MTASTSProblem) {
        switch problem {
        case .malformed, .tooLong, .contentType: self = .policyInvalid
        case .unreachable, .status, .privateAddress, .dns: self = .policyFetchError
        case .untrusted: self = .policyUntrusted
        }
    }
}

/// The policy that a session was measured against.
package struct TLSReportPolicy: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        case tlsa, sts
        case none = "no-policy-found"
    }

    /// Lines of a policy that are told, and hosts.
    static let mostLines = 100

    package let kind: Kind
    /// The lines of an MTA-STS policy, or TLSA records as a zone file has them.
    package let lines: [String]
    /// The patterns of hosts in an MTA-STS policy.
    package let hosts: [String]

    package static let none = TLSReportPolicy(.none)

    package init(_ kind: Kind, lines: [String] = [], hosts: [String] = []) {
        self.kind = kind
        self.lines = Array(lines.prefix(Self.mostLines))
        self.hosts = Array(hosts.prefix(Self.mostLines))
    }

    package init(_ policy: MTASTSPolicy) {
        let lines = policy.text.split(whereSeparator: \.isNewline).map(String.init)
        self.init(.sts, lines: lines, hosts: policy.patterns)
    }

    package init(_ records: DANERecords, of host: String, port: Int) {
        let lines = records.records.map { record in
            let digits = record.association.map { octet in
                let text = String(octet, radix: 16)
                return text.utf8.count == 1 ? "0" + text : text
            }
            let numbers = "\(record.usage) \(record.selector) \(record.matching)"
            return "_\(port)._tcp.\(host). IN TLSA ( \(numbers) \(digits.joined()) )"
        }
        self.init(.tlsa, lines: lines)
    }
}

/// One sender's report about one domain and one day in UTC.
package struct OutgoingTLSReport: Sendable, Hashable {
    package struct Failure: Sendable, Hashable {
        package var result: TLSResult
        package var sendingAddress: String?
        package var host: String?
        /// The name that the server gave itself in answer to EHLO.
        package var helo: String?
        package var address: String?
        package var reason: String?
        package var sessions: Int

        package init(
            _ result: TLSResult,
            sessions: Int,
            sendingAddress: String? = nil,
            host: String? = nil,
            helo: String? = nil,
            address: String? = nil,
            reason: String? = nil
        ) {
            self.result = result
            self.sendingAddress = sendingAddress
            self.host = host
            self.helo = helo
            self.address = address
            self.reason = reason
            self.sessions = sessions
        }
    }

    package struct Policy: Sendable, Hashable {
        package var policy: TLSReportPolicy
        package var successes: Int
        package var failures: [Failure]

        package init(_ policy: TLSReportPolicy, successes: Int, failures: [Failure]) {
            self.policy = policy
            self.successes = successes
            self.failures = failures
        }

        package var failureCount: Int { failures.reduce(0) { $0 + $1.sessions } }
    }

    /// The octets of `application/tlsrpt+gzip`.
    package static let mediaType = "application/tlsrpt+gzip"

    /// Who reports.
    package let organization: String
    package let contact: EmailAddress
    /// The domain whose mail was sent.
    package let submitter: String
    /// What the report is about.
    package let domain: String
    /// Days since 1970.
    package let day: Int
    package let policies: [Policy]

    package init(
        organization: String,
        contact: EmailAddress,
        submitter: String,
        domain: String,
        day: Int,
        policies: [Policy]
    ) {
        self.organization = organization
        self.contact = contact
        self.submitter = submitter
        self.domain = domain
        self.day = day
        self.policies = policies
    }

    package var successes: Int { policies.reduce(0) { $0 + $1.successes } }
    package var failures: Int { policies.reduce(0) { $0 + $1.failureCount } }

    private var date: CalendarDate { CalendarDate(daysSince1970: day) }

    /// The same for the same sender, domain and day, so that whoever gets it twice can tell.
    package var identifier: String { "\(date).\(domain)@\(submitter)" }

    /// RFC 8460 section 5.1.
    package var fileName: String {
        let begins = day * 86_400
        return "\(submitter)!\(domain)!\(begins)!\(begins + 86_399).json.gz"
    }

    /// RFC 8460 section 5.3.
    package var subject: String { "Report Domain: \(domain) Submitter: \(submitter) Report-ID: <\(identifier)>" }

    /// The report in JSON, the same octets for the same report.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(OutgoingForm(self, date)))
    }

    /// The same as it is sent.
    package func compressed() throws -> [UInt8] { try Deflate.gzip(json()) }

    /// The JSON of a report that was compressed before.
    package static func text(ofCompressed file: [UInt8]) throws -> String {
        String(decoding: try Inflate.expand(file, .gzip, limit: TLSReport.longestText), as: UTF8.self)
    }
}

/// The form on the wire (RFC 8460 section 4.4).
private struct OutgoingForm: Encodable {
    struct Range: Encodable {
        var start: String
        var end: String

        enum CodingKeys: String, CodingKey {
            case start = "start-datetime"
            case end = "end-datetime"
        }
    }

    struct Policy: Encodable {
        struct Name: Encodable {
            var kind: String
            var lines: [String]?
            var domain: String
            var hosts: [String]?

            enum CodingKeys: String, CodingKey {
                case kind = "policy-type"
                case lines = "policy-string"
                case domain = "policy-domain"
                case hosts = "mx-host"
            }
        }

        struct Summary: Encodable {
            var successes: Int
            var failures: Int

            enum CodingKeys: String, CodingKey {
                case successes = "total-successful-session-count"
                case failures = "total-failure-session-count"
            }
        }

        struct Detail: Encodable {
            var result: String
            var sendingAddress: String?
            var host: String?
            var helo: String?
            var address: String?
            var sessions: Int
            var reason: String?

            enum CodingKeys: String, CodingKey {
                case result = "result-type"
                case sendingAddress = "sending-mta-ip"
                case host = "receiving-mx-hostname"
                case helo = "receiving-mx-helo"
                case address = "receiving-ip"
                case sessions = "failed-session-count"
                case reason = "failure-reason-code"
            }
        }

        var policy: Name
        var summary: Summary
        var details: [Detail]?

        enum CodingKeys: String, CodingKey {
            case policy, summary
            case details = "failure-details"
        }
    }

    var organizationName: String
    var dateRange: Range
    var contact: String
    var identifier: String
    var policies: [Policy]

    enum CodingKeys: String, CodingKey {
        case organizationName = "organization-name"
        case dateRange = "date-range"
        case contact = "contact-info"
        case identifier = "report-id"
        case policies
    }

    init(_ report: OutgoingTLSReport, _ date: CalendarDate) {
        organizationName = report.organization
        dateRange = Range(start: "\(date)T00:00:00Z", end: "\(date)T23:59:59Z")
        contact = report.contact.mailbox
        identifier = report.identifier
        policies = report.policies.map { Policy($0, domain: report.domain) }
    }
}

extension OutgoingForm.Policy {
    init(_ policy: OutgoingTLSReport.Policy, domain: String) {
        self.policy = Name(
            kind: policy.policy.kind.rawValue,
            lines: policy.policy.lines.isEmpty ? nil : policy.policy.lines,
            domain: domain,
            hosts: policy.policy.hosts.isEmpty ? nil : policy.policy.hosts
        )
        summary = Summary(successes: policy.successes, failures: policy.failureCount)
        let details = policy.failures.map { failure in
            Detail(
                result: failure.result.rawValue,
                sendingAddress: failure.sendingAddress,
                host: failure.host,
                helo: failure.helo,
                address: failure.address,
                sessions: failure.sessions,
                reason: failure.reason
            )
        }
        self.details = details.isEmpty ? nil : details
    }
}
