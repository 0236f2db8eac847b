// SPDX-License-Identifier: Apache-2.0
//
// One connection to a recipient's server as a TLS report counts it (RFC 8460 section 4): the policy that it was measured against,
// and what came of it. Nothing in it is about a message or a person.

import WardDNS
import WardSMTP
import WardTrust

/// What came of one session. Sessions that are equal are counted together.
struct TLSSession: Sendable, Hashable, Codable {
    var policy: TLSReportPolicy
    /// Nil: it was protected as its policy asks.
    var result: TLSResult?
    /// More about the result, a safe word.
    var reason: String?
    /// Of failures alone, so that what succeeds is one row a day.
    var host: String?
    var serverName: String?
    var address: String?
    var ownAddress: String?
}

/// What the sessions with one server are measured against.
struct SessionMeasure: Sendable {
    var policy: TLSReportPolicy
    /// What was wrong with the policy itself; it counts before anything that the server does.
    var problem: (result: TLSResult, reason: String)?

    /// There are TLSA records, and none that can be used.
    static let withUnusableRecords = SessionMeasure(
        policy: TLSReportPolicy(.tlsa),
        problem: (.tlsaInvalid, "no-usable-record")
    )
    /// The look-up of TLSA records had no answer that holds.
    static let withoutSignedDNS = SessionMeasure(
        policy: TLSReportPolicy(.tlsa),
        problem: (.dnssecInvalid, "no-valid-answer")
    )

    init(policy: TLSReportPolicy, problem: (result: TLSResult, reason: String)? = nil) {
        self.policy = policy
        self.problem = problem
    }

    /// What MTA-STS asks of a host; a policy that is announced and cannot be had is the domain's failure.
    init(_ finding: MTASTSFinding, host: String) {
        switch finding {
        case .policy(let known) where known.policy.mode != .none:
            policy = TLSReportPolicy(known.policy)
            problem = known.policy.allows(host) ? nil : (.validationFailure, "host-not-in-policy")
        case .unfetched(let failure):
            policy = TLSReportPolicy(.sts)
            problem = (TLSResult(failure), failure.reason)
        case .policy, .none, .unavailable:
            policy = .none
            problem = nil
        }
    }

    /// The session that an attempt opened; nil where it used one that was counted before, or did not come as far as TLS
    /// (RFC 8460 section 4.3.4 asks for no reports of what is transient).
    func session(of outcome: SMTPOutcome) -> TLSSession? {
        let attempt = outcome.attempt
        guard !attempt.isReused, let seen = Self.negotiation(outcome) else { return nil }
        let found = problem ?? seen.failure
        guard let found else { return TLSSession(policy: policy) }
        return TLSSession(
            policy: policy,
            result: found.result,
            reason: found.reason,
            host: attempt.host,
            serverName: attempt.serverName,
            address: attempt.address.map { "\($0)" },
            ownAddress: attempt.ownAddress.map { "\($0)" }
        )
    }

    /// A session that the policy let not come about.
    func failedSession(with host: MailHost) -> TLSSession {
        let found = problem ?? (.validationFailure, "not-attempted")
        return TLSSession(policy: policy, result: found.result, reason: found.reason, host: host.name)
    }

    private struct Negotiation {
        /// Nil: TLS, and a certificate that holds.
        var failure: (result: TLSResult, reason: String)?
    }

    /// Nil: it never came as far.
    private static func negotiation(_ outcome: SMTPOutcome) -> Negotiation? {
        let attempt = outcome.attempt
        if case .notProtected(let failure, _) = outcome { return Negotiation(failure: reading(failure)) }
        if let failure = attempt.clearBecause { return Negotiation(failure: reading(failure)) }
        guard let tls = attempt.tls else { return nil }
        guard case .untrusted(let problem) = tls.verdict else { return Negotiation() }
        return Negotiation(failure: reading(.untrusted(problem)))
    }

    /// Nil where TLS held, and only what the server does with the mail afterwards did not suit.
    private static func reading(_ failure: ProtectionFailure) -> (result: TLSResult, reason: String)? {
        let reason = failure.word.replacing("_", with: "-")
        return switch failure {
        case .startTLSMissing, .startTLSRefused: (.startTLSNotSupported, reason)
        case .handshakeFailed: (.validationFailure, reason)
        case .untrusted(let problem): (TLSResult(problem), reason)
        case .onwardTLSMissing: nil
        }
    }
}

extension MTASTSProblem {
    /// What was wrong with the policy, for its owner.
    fileprivate var reason: String {
        switch self {
        case .malformed: "policy-malformed"
        case .tooLong: "policy-too-long"
        case .unreachable: "web-server-unreachable"
        case .untrusted(let problem): "web-certificate-" + problem.word.replacing("_", with: "-")
        case .status(let code): "web-status-\(code)"
        case .contentType: "policy-not-text"
        case .privateAddress: "web-server-at-private-address"
        case .dns: "web-server-look-up-failed"
        }
    }
}
