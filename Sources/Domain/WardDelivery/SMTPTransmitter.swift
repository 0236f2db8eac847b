// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardKernel
package import WardSMTP
package import WardTrust

/// Hands messages over by SMTP: to a route's server, else to the hosts of the domain's MX records, in order.
package struct SMTPTransmitter: Transmitter {
    private let client: SMTPClient
    private let finder: ServerFinder

    /// - Parameters:
    ///   - policies: the domains' own policies (MTA-STS); nil: they are not asked for.
    ///   - memory: keeps the policies over restarts.
    ///   - allowsPrivateAddresses: whether the answers of `resolver` are one's own; see `MailHostFinder`.
    ///   - port: where mail hosts listen; another than 25 is for tests.
    package init(
        client: SMTPClient,
        resolver: any Resolver,
        policies: MTASTSPolicies? = nil,
        memory: (any PolicyMemory)? = nil,
        surroundings: Surroundings,
        ownNames: Set<String> = [],
        allowsPrivateAddresses: Bool = false,
        port: Int = 25
    ) {
        self.client = client
        finder = ServerFinder(
            resolver: resolver,
            hosts: MailHostFinder(
                resolver: resolver,
                surroundings: surroundings,
                ownNames: ownNames,
                allowsPrivateAddresses: allowsPrivateAddresses
            ),
            policies: policies,
            memory: memory,
            port: port
        )
    }

    package func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        guard clearance.address == transmission.recipient,
            transmission.isOpportunistic == clearance.method.isOpportunistic
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
            message: message,
            onward: transmission.requiresTLSOnward
                ? .required : transmission.isOpportunistic ? .unasked : .whereOffered,
            // A report of failure brings the header alone: no body comes back in the clear (RFC 3461 section 4.3).
            notification: SMTPNotification(events: [.failure], envelopeIdentifier: "\(clearance.message)")
        )
        let evidence = AttemptEvidence(method: clearance.method)
        let domain = transmission.recipient.domain
        switch await survey(for: transmission, to: domain, organization: clearance.organization) {
        case .refused(let refusal): return .refusedForGood(refusal, evidence)
        case .later(let word, let sessions):
            var evidence = evidence
            evidence.sessions = sessions
            return .failedForNow(word, evidence)
        case .notProtectable(let posture, let sessions):
            var evidence = evidence
            evidence.posture = posture
            evidence.sessions = sessions
            return .notProtectable(posture.failure ?? "unknown", evidence)
        case .found(let survey):
            return await deliver(transaction, survey, transmission, clearance, beforeFinalDot)
        }
    }

    package func look(at domain: String, route: Route?, of organization: OrganizationID) async -> DestinationLook {
        let survey: Survey
        switch await self.survey(of: domain, route: route, organization: organization) {
        case .refused(let refusal): return DestinationLook(.unknown(refusal.rawValue))
        case .later(let word, _): return DestinationLook(.unknown(word))
        case .notProtectable(let posture, _):
            return DestinationLook(.notProtectable(posture.failure ?? "unknown"), posture)
        case .found(let found): survey = found
        }
        var look = DestinationLook(.unknown("unreachable"))
        for server in survey.servers {
            switch await client.probe(server.endpoint) {
            case .protected:
                let proof = server.endpoint.demand.word
                return DestinationLook(.protectable, survey.posture?.proved(by: proof))
            case .notProtected(let failure):
                look = DestinationLook(.notProtectable(failure.word), survey.posture?.failing(failure.word))
            case .unknown(let failure):
                if case .unknown = look.finding { look = DestinationLook(.unknown(failure.word)) }
            }
        }
        return look
    }

    private func survey(
        for transmission: Transmission,
        to domain: String,
        organization: OrganizationID
    ) async -> SurveyDecision {
        if transmission.ignoresPolicies, transmission.route == nil {
            return await finder.surveyWithoutPolicies(of: domain)
        }
        return await survey(of: domain, route: transmission.route, organization: organization)
    }

    /// Fresh for each attempt: what the DNS said when the gate decided counts no more.
    private func survey(of domain: String, route: Route?, organization: OrganizationID) async -> SurveyDecision {
        if let route { return await finder.survey(of: route) }
        return await finder.survey(of: domain, organization: organization)
    }

    private func deliver(
        _ transaction: SMTPTransaction,
        _ survey: Survey,
        _ transmission: Transmission,
        _ clearance: Clearance,
        _ beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        var last = TransmissionOutcome.failedForNow("unreachable", AttemptEvidence(method: clearance.method))
        var sessions = survey.failed
        for server in survey.servers {
            // RFC 8689 section 4.2.1: the server's name, too, comes from signed DNS or from the domain's policy.
            if transmission.requiresTLSOnward && server.isNameUnproved {
                last = .notPassedOn("requiretls_unsigned_name", AttemptEvidence(method: clearance.method))
                continue
            }
            let outcome = await client.deliver(
                transaction,
                to: server.endpoint,
                policy: transmission.isOpportunistic ? server.leastPolicy : .requireVerifiedTLS
            ) { _ in try await beforeFinalDot() }
            var evidence = Self.evidence(of: outcome.attempt, method: clearance.method, route: transmission.route)
            if server.isNameUnproved { evidence.hostNameFrom = "named by unsigned DNS" }
            let proof = evidence.isNameProved == true ? server.endpoint.demand.word : nil
            evidence.posture = survey.posture?.proved(by: proof)
            if proof == "dane" { evidence.certificate = "matches a TLSA record of \(server.endpoint.name)" }
            last = Self.reading(of: outcome, evidence, after: last)
            if let session = server.measure?.session(of: outcome) { sessions.append(session) }
            guard outcome.mayTryNextHost else { break }
        }
        return last.counting(sessions)
    }

    private static func reading(
        of outcome: SMTPOutcome,
        _ evidence: AttemptEvidence,
        after previous: TransmissionOutcome
    ) -> TransmissionOutcome {
        switch outcome {
        case .delivered(let attempt): return refusal(of: attempt, evidence) ?? .accepted(evidence)
        case .notProtected(.onwardTLSMissing, _):
            return .notPassedOn(ProtectionFailure.onwardTLSMissing.word, evidence)
        case .notProtected(let failure, _):
            var evidence = evidence
            evidence.certificate = failure.word
            evidence.posture = evidence.posture?.failing(failure.word)
            return .notProtectable(failure.word, evidence)
        case .transient(let failure, let attempt):
            if failure.cause == .withheld || failure.cause == .cancelled { return .withheld }
            if let refusal = refusal(of: attempt, evidence) { return refusal }
            // One host without TLS and another that is down: what is known stays that TLS was impossible.
            switch previous {
            case .notProtectable, .notPassedOn: return previous
            default: break
            }
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
        evidence.asksTLSOnward = attempt.asksTLSOnward
        evidence.route = route?.proofEndsAt
        return evidence
    }
}

extension TransmissionOutcome {
    /// The same with the key that the message was encrypted to, and the one that signed it, in its evidence.
    func naming(key fingerprint: String?, signer: String?) -> TransmissionOutcome {
        changing { evidence in
            evidence.keyFingerprint = fingerprint
            evidence.signerFingerprint = signer
        }
    }

    /// The same with the sessions that are to be counted.
    func counting(_ sessions: [TLSSession]) -> TransmissionOutcome { changing { $0.sessions = sessions } }

    private func changing(_ change: (inout AttemptEvidence) -> Void) -> TransmissionOutcome {
        func changed(_ evidence: AttemptEvidence) -> AttemptEvidence {
            var evidence = evidence
            change(&evidence)
            return evidence
        }
        return switch self {
        case .accepted(let evidence): .accepted(changed(evidence))
        case .failedForNow(let word, let evidence): .failedForNow(word, changed(evidence))
        case .refusedForGood(let refusal, let evidence): .refusedForGood(refusal, changed(evidence))
        case .notProtectable(let word, let evidence): .notProtectable(word, changed(evidence))
        case .notPassedOn(let word, let evidence): .notPassedOn(word, changed(evidence))
        case .inDoubt(let word, let evidence): .inDoubt(word, changed(evidence))
        case .withheld: .withheld
        }
    }
}
