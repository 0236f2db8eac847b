// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardKernel
package import WardSMTP
import WardTrust

/// Hands messages over by SMTP: to a route's server, else to the hosts of the domain's MX records, in order.
package struct SMTPTransmitter: Transmitter {
    private let client: SMTPClient
    private let finder: MailHostFinder
    private let resolver: any Resolver

    /// - Parameter allowsPrivateAddresses: whether the answers of `resolver` are one's own; see `MailHostFinder`.
    package init(
        client: SMTPClient,
        resolver: any Resolver,
        surroundings: Surroundings,
        ownNames: Set<String> = [],
        allowsPrivateAddresses: Bool = false
    ) {
        self.client = client
        self.resolver = resolver
        finder = MailHostFinder(
            resolver: resolver,
            surroundings: surroundings,
            ownNames: ownNames,
            allowsPrivateAddresses: allowsPrivateAddresses
        )
    }

    package func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        guard clearance.address == transmission.recipient,
            transmission.isOpportunistic == (clearance.method == .opportunisticTLS)
        else { return .withheld }
        let message: SMTPMessage
        do {
            message = try SMTPMessage(transmission.bytes)
        } catch {
            // The message encoder never makes such bytes.
            return .refusedForGood(.other, AttemptEvidence(method: clearance.method))
        }
        let transaction = SMTPTransaction(
            returnPath: transmission.returnPath,
            recipients: [transmission.recipient],
            message: message
        )
        switch await endpoints(for: transmission.recipient.domain, route: transmission.route) {
        case .refused(let refusal): return .refusedForGood(refusal, AttemptEvidence(method: clearance.method))
        case .later(let word): return .failedForNow(word, AttemptEvidence(method: clearance.method))
        case .found(let endpoints, let unsigned):
            return await deliver(transaction, to: endpoints, transmission, clearance, beforeFinalDot)
                .naming(unsigned: unsigned)
        }
    }

    package func look(at domain: String, route: Route?) async -> DestinationFinding {
        let found: [SMTPEndpoint]
        switch await endpoints(for: domain, route: route) {
        case .refused(let refusal): return .unknown(refusal.rawValue)
        case .later(let word): return .unknown(word)
        case .found(let endpoints, _): found = endpoints
        }
        var finding = DestinationFinding.unknown("unreachable")
        for endpoint in found {
            switch await client.probe(endpoint) {
            case .protected: return .protectable
            case .notProtected(let failure): finding = .notProtectable(failure.word)
            case .unknown(let failure): if case .unknown = finding { finding = .unknown(failure.word) }
            }
        }
        return finding
    }

    private func deliver(
        _ transaction: SMTPTransaction,
        to endpoints: [SMTPEndpoint],
        _ transmission: Transmission,
        _ clearance: Clearance,
        _ beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        var last = TransmissionOutcome.failedForNow("unreachable", AttemptEvidence(method: clearance.method))
        for endpoint in endpoints {
            let outcome = await client.deliver(
                transaction,
                to: endpoint,
                policy: transmission.isOpportunistic ? .opportunistic : .requireVerifiedTLS
            ) { _ in try await beforeFinalDot() }
            last = Self.reading(of: outcome, method: clearance.method, route: transmission.route, after: last)
            guard outcome.mayTryNextHost else { return last }
        }
        return last
    }

    private static func reading(
        of outcome: SMTPOutcome,
        method: SendMethod,
        route: Route?,
        after previous: TransmissionOutcome
    ) -> TransmissionOutcome {
        let evidence = evidence(of: outcome.attempt, method: method, route: route)
        switch outcome {
        case .delivered(let attempt): return refusal(of: attempt, evidence) ?? .accepted(evidence)
        case .notProtected(let failure, _):
            var evidence = evidence
            evidence.certificate = failure.word
            return .notProtectable(failure.word, evidence)
        case .transient(let failure, let attempt):
            if failure.cause == .withheld || failure.cause == .cancelled { return .withheld }
            if let refusal = refusal(of: attempt, evidence) { return refusal }
            // One host without TLS and another that is down: what is known stays that TLS was impossible.
            if case .notProtectable = previous { return previous }
            return .failedForNow(failure.word, evidence)
        case .permanent(let failure, let attempt):
            return refusal(of: attempt, evidence) ?? .refusedForGood(classified(failure), evidence)
        case .inDoubt(let failure, _): return .inDoubt("in_doubt_" + failure.word, evidence)
        }
    }

    /// The recipient's own permanent refusal, where there is one.
    private static func refusal(of attempt: SMTPAttempt, _ evidence: AttemptEvidence) -> TransmissionOutcome? {
        guard case .refusedForGood(let reply) = attempt.recipients.first else { return nil }
        var evidence = evidence
        evidence.replyCode = reply.code
        evidence.enhancedCode = reply.enhanced?.description
        return .refusedForGood(classified(reply, isAboutRecipient: true), evidence)
    }

    private static func classified(_ failure: SMTPFailure) -> ServerRefusal {
        switch failure.cause {
        case .refused(let reply): classified(reply, isAboutRecipient: failure.stage == .recipient)
        case .tooLarge: .tooLarge
        default: .other
        }
    }

    /// RFC 3463 where there is an enhanced code; else the basic code, and only what is said to RCPT is about the mailbox.
    static func classified(_ reply: SMTPReply, isAboutRecipient: Bool) -> ServerRefusal {
        if let enhanced = reply.enhanced {
            switch (enhanced.subject, enhanced.detail) {
            case (1, 1), (1, 6): return .unknownUser
            case (1, 2), (1, 10): return .noSuchDomain
            case (1, _), (2, _): return .mailboxUnavailable
            case (3, 4): return .tooLarge
            case (7, _): return .policy
            default: return .other
            }
        }
        switch reply.code {
        // Without an enhanced code this may as well be a block list: it ends the message and says nothing of the mailbox.
        case 550 where isAboutRecipient, 553 where isAboutRecipient: return .other
        case 551, 552: return .mailboxUnavailable
        case 554, 550: return .policy
        case 556: return .noSuchDomain
        default: return .other
        }
    }

    private static func evidence(of attempt: SMTPAttempt, method: SendMethod, route: Route?) -> AttemptEvidence {
        var evidence = AttemptEvidence(method: method)
        evidence.host = attempt.host
        evidence.tlsVersion = attempt.tls?.version
        evidence.cipher = attempt.tls?.cipher
        evidence.certificate = attempt.tls.map { tls in
            switch tls.verdict {
            case .trusted(let name, _): "verified for \(name)"
            case .untrusted(let problem): problem.word
            }
        }
        evidence.isNameProved = attempt.tls?.verdict.isTrusted ?? false
        evidence.replyCode = attempt.reply?.code
        evidence.enhancedCode = attempt.reply?.enhanced?.description
        evidence.route = route?.proofEndsAt
        return evidence
    }

    private enum Endpoints {
        /// Unsigned: the names of hosts that the DNS gave without a signature.
        case found([SMTPEndpoint], unsigned: Set<String>)
        case refused(ServerRefusal)
        case later(String)
    }

    private func endpoints(for domain: String, route: Route?) async -> Endpoints {
        if let route { return await endpoints(of: route) }
        switch await finder.mailHosts(of: domain) {
        case .hosts(let hosts):
            let unsigned = Set(hosts.filter { !$0.isSecure }.map { $0.name.lowercased() })
            return .found(hosts.map { SMTPEndpoint($0) }, unsigned: unsigned)
        case .takesNoMail, .noSuchDomain: return .refused(.noSuchDomain)
        case .temporaryFailure(let failure): return .later("dns_" + failure.rawValue)
        case .unusable(let problem): return .later("mx_" + problem.rawValue)
        }
    }

    private func endpoints(of route: Route) async -> Endpoints {
        let credentials = route.credentials?.expose(for: .transmitting) {
            SMTPCredentials(user: $0.user, password: $0.password)
        }
        func endpoint(_ addresses: [IPAddress]) -> Endpoints {
            .found(
                [
                    SMTPEndpoint(
                        name: route.certificateName,
                        addresses: addresses,
                        port: route.port,
                        credentials: credentials
                    )
                ],
                unsigned: []
            )
        }
        if let address = IPAddress(route.host) { return endpoint([address]) }
        switch await resolver.addresses(of: route.host) {
        case .found(let addresses, _): return endpoint(addresses)
        case .noSuchDomain, .noData: return .later("route_host_unknown")
        case .temporaryFailure(let failure): return .later("dns_" + failure.rawValue)
        case .bogus: return .later("dns_bogus")
        }
    }
}

extension TransmissionOutcome {
    /// The same with a word in its evidence about where the name of its server comes from.
    fileprivate func naming(unsigned: Set<String>) -> TransmissionOutcome {
        func named(_ evidence: AttemptEvidence) -> AttemptEvidence {
            var evidence = evidence
            if let host = evidence.host, unsigned.contains(host.lowercased()) {
                evidence.hostNameFrom = "named by unsigned DNS"
            }
            return evidence
        }
        return switch self {
        case .accepted(let evidence): .accepted(named(evidence))
        case .failedForNow(let word, let evidence): .failedForNow(word, named(evidence))
        case .refusedForGood(let refusal, let evidence): .refusedForGood(refusal, named(evidence))
        case .notProtectable(let word, let evidence): .notProtectable(word, named(evidence))
        case .inDoubt(let word, let evidence): .inDoubt(word, named(evidence))
        case .withheld: .withheld
        }
    }
}
