// SPDX-License-Identifier: Apache-2.0
//
// Which servers may take a domain's mail, and what each must prove: found anew for each attempt, so that nothing that was
// decided earlier weakens it.
//
// - The hosts of the MX records (RFC 5321), for each what signed DNS says (DANE, RFC 7672), for the domain its policy
//   (MTA-STS, RFC 8461).
// - A look-up that fails on the signed side leaves the host out, or defers; under `enforce` only hosts that the policy names
//   are tried.
// - Where TLSA records can be used they alone count; the policy's own demand, a certificate of the Web PKI, is what Ward asks
//   of every other server anyway.

import WardDNS
import WardKernel
import WardSMTP
import WardTrust

/// One host with what it must prove.
struct SurveyedServer: Sendable {
    var endpoint: SMTPEndpoint
    /// What holds for mail that is not protected otherwise: the domain's own wish comes before that such mail arrives.
    var leastPolicy: TransportPolicy
    /// The name comes from unsigned DNS and no policy vouches for it.
    var isNameUnproved: Bool
    /// What its sessions are counted under; nil: they are not counted.
    var measure: SessionMeasure?
}

/// What was found about a domain.
struct Survey: Sendable {
    /// In the order in which to try them; never empty.
    var servers: [SurveyedServer]
    /// With neither proof nor failure yet; nil for a route.
    var posture: DestinationPosture?
    /// Sessions that did not come about, for a reason that its owner should know.
    var failed: [TLSSession] = []
}

enum SurveyDecision: Sendable {
    case found(Survey)
    case refused(ServerRefusal)
    case later(String, [TLSSession] = [])
    /// The domain's policy names none of its hosts.
    case notProtectable(DestinationPosture, [TLSSession])
}

/// Looks up where a domain's mail goes.
struct ServerFinder: Sendable {
    let resolver: any Resolver
    let hosts: MailHostFinder
    /// nil: MTA-STS is not asked.
    let policies: MTASTSPolicies?
    let memory: (any PolicyMemory)?
    let port: Int

    func survey(of domain: String, organization: OrganizationID) async -> SurveyDecision {
        async let policy = policy(of: domain, organization)
        let found = await hosts.mailHosts(of: domain)
        let finding = await policy
        switch found {
        case .takesNoMail, .noSuchDomain: return .refused(.noSuchDomain)
        case .temporaryFailure(let failure): return .later("dns_" + failure.rawValue)
        case .unusable(let problem): return .later("mx_" + problem.rawValue)
        case .hosts(let hosts):
            guard let finding else { return .later("sts_memory_unavailable") }
            if case .unavailable(let failure) = finding { return .later("sts_dns_" + failure.rawValue) }
            return await survey(hosts, finding, domain)
        }
    }

    private func survey(_ hosts: [MailHost], _ finding: MTASTSFinding, _ domain: String) async -> SurveyDecision {
        var enforced: MTASTSPolicy?
        var identifier: String?
        if case .policy(let known) = finding {
            identifier = known.identifier
            if known.policy.mode == .enforce { enforced = known.policy }
        }
        let signed = await daneFindings(of: hosts, domain)
        var posture = DestinationPosture(
            policy: finding.word,
            policyIdentifier: identifier,
            dane: Self.word(of: hosts.map { signed[$0.name] ?? .unsigned })
        )
        let allowed = hosts.filter { enforced?.allows($0.name) ?? true }
        if allowed.isEmpty {
            posture.failure = "sts_mx_mismatch"
            let failed = hosts.prefix(1).map { SessionMeasure(finding, host: $0.name).failedSession(with: $0) }
            return .notProtectable(posture, failed)
        }
        let servers = allowed.compactMap { host in
            server(host, signed[host.name] ?? .unsigned, finding, isEnforced: enforced != nil)
        }
        let failed = allowed.filter { if case .unavailable? = signed[$0.name] { true } else { false } }
            .map { SessionMeasure.withoutSignedDNS.failedSession(with: $0) }
        if servers.isEmpty { return .later("dane_unavailable", failed) }
        return .found(Survey(servers: servers, posture: posture, failed: failed))
    }

    /// Where mail goes that no policy may stop: every host, and nothing is asked of it. Its sessions are not counted, so that
    /// no report is about the report before.
    func surveyWithoutPolicies(of domain: String) async -> SurveyDecision {
        switch await hosts.mailHosts(of: domain) {
        case .takesNoMail, .noSuchDomain: .refused(.noSuchDomain)
        case .temporaryFailure(let failure): .later("dns_" + failure.rawValue)
        case .unusable(let problem): .later("mx_" + problem.rawValue)
        case .hosts(let hosts):
            .found(
                Survey(
                    servers: hosts.map { host in
                        SurveyedServer(
                            endpoint: SMTPEndpoint(host, port: port),
                            leastPolicy: .opportunistic,
                            isNameUnproved: !host.isSecure
                        )
                    }
                )
            )
        }
    }

    /// nil: no answer about its records, so it is not used now.
    private func server(
        _ host: MailHost,
        _ finding: DANEFinding,
        _ policy: MTASTSFinding,
        isEnforced: Bool
    ) -> SurveyedServer? {
        let demand: CertificateDemand
        var least = isEnforced ? TransportPolicy.requireVerifiedTLS : .opportunistic
        var measure = SessionMeasure(policy, host: host.name)
        switch finding {
        case .unavailable: return nil
        case .unsigned, .noRecords: demand = .webPKI
        case .unusable:
            demand = .webPKI
            if !isEnforced { least = .requireTLS }
            measure = .withUnusableRecords
        case .records(let records):
            demand = .dane(records)
            least = .requireVerifiedTLS
            measure = SessionMeasure(policy: TLSReportPolicy(records, of: host.name, port: port))
        }
        return SurveyedServer(
            endpoint: SMTPEndpoint(host, port: port, demand: demand),
            leastPolicy: least,
            isNameUnproved: !host.isSecure && !isEnforced,
            measure: measure
        )
    }

    private func daneFindings(of hosts: [MailHost], _ domain: String) async -> [String: DANEFinding] {
        let finder = DANEFinder(resolver: resolver)
        return await withTaskGroup(of: (String, DANEFinding).self) { group in
            for host in hosts where host.isSecure {
                group.addTask { (host.name, await finder.finding(of: host, port: port, domain: domain)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// One word for all hosts. What has no answer now says nothing new.
    private static func word(of findings: [DANEFinding]) -> String {
        let words = Set(findings.map(\.word)).subtracting(["unavailable"])
        return words.count == 1 ? words.first ?? "" : words.isEmpty ? "unavailable" : "mixed"
    }

    /// nil: what was kept cannot be read now.
    private func policy(of domain: String, _ organization: OrganizationID) async -> MTASTSFinding? {
        guard let policies else { return MTASTSFinding.none }
        do {
            if let known = try await memory?.firstRecall(of: domain, organization: organization) {
                await policies.recall(known, of: domain)
            }
            let finding = await policies.finding(for: domain)
            if case .policy(let known) = finding {
                try await memory?.keep(known, of: domain, organization: organization)
            }
            return finding
        } catch {
            // The database is away: nothing that holds may be forgotten, so the mail waits.
            return nil
        }
    }

    /// The one server of a route, whose operator is known: neither policy nor signed DNS of the domain counts.
    func survey(of route: Route) async -> SurveyDecision {
        let credentials = route.credentials?.expose(for: .transmitting) {
            SMTPCredentials(user: $0.user, password: $0.password)
        }
        let addresses: [IPAddress]
        if let address = IPAddress(route.host) {
            addresses = [address]
        } else {
            switch await resolver.addresses(of: route.host) {
            case .found(let found, _): addresses = found
            case .noSuchDomain, .noData: return .later("route_host_unknown")
            case .temporaryFailure(let failure): return .later("dns_" + failure.rawValue)
            case .bogus: return .later("dns_bogus")
            }
        }
        let endpoint = SMTPEndpoint(
            name: route.certificateName,
            addresses: addresses,
            port: route.port,
            credentials: credentials
        )
        return .found(
            Survey(
                servers: [
                    SurveyedServer(endpoint: endpoint, leastPolicy: .opportunistic, isNameUnproved: false)
                ],
                posture: nil
            )
        )
    }
}
