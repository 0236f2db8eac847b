// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardDelivery
package import WardIdentity
import WardKernel
package import WardMailAuthentication
package import WardPortal
package import WardRecipientKeys
package import WardSenderDomains
import WardSubmission
package import WardTelemetry

/// Port 25: mail from anywhere, but only to addresses that Ward itself gave out. It relays nothing.
package struct IncomingReception: MailReception {
    private let identity: Identity
    private let delivery: Delivery
    private let portal: Portal
    private let recipientKeys: RecipientKeys
    private let senderDomains: SenderDomains
    private let authenticator: MailAuthenticator
    private let relays: Set<IPAddress>
    private let telemetry: Telemetry
    private let feedback: Set<String>
    private let hostName: String

    /// What an address of ours is for.
    private enum Place: Sendable {
        case returnPath(OrganizationID)
        case conversation(OrganizationID)
        case feedback(OrganizationID)
        /// Reports about mail with the domain in From.
        case alignmentReports(OrganizationID)
        /// Reports about TLS to the domain's servers.
        case transportReports(OrganizationID)
    }

    /// - Parameters:
    ///   - identity: knows whose mail comes from a domain.
    ///   - feedback: local parts at which complaints and mail to the postmaster are taken, lower case.
    ///   - relays: one's own servers that pass mail on; a server in a private network is one as well.
    ///   - hostName: this server's own name: `postmaster` there is the first organization's.
    package init(
        identity: Identity,
        delivery: Delivery,
        portal: Portal,
        feedback: Set<String>,
        hostName: String,
        recipientKeys: RecipientKeys,
        senderDomains: SenderDomains,
        authenticator: MailAuthenticator,
        relays: Set<IPAddress>,
        telemetry: Telemetry
    ) {
        self.identity = identity
        self.delivery = delivery
        self.portal = portal
        self.feedback = feedback
        self.hostName = hostName
        self.recipientKeys = recipientKeys
        self.senderDomains = senderDomains
        self.authenticator = authenticator
        self.relays = relays
        self.telemetry = telemetry
    }

    package func answer(_ question: DialogueQuestion, in session: DialogueSession) async -> DialogueAnswer {
        do {
            switch question {
            case .authenticate: return .sasl(.rejected)
            case .certificate: return .certificate(isKnown: false)
            case .recipient(let address, let envelope): return .reply(try await answer(address, envelope))
            case .message(let mail): return .reply(try await take(mail))
            }
        } catch {
            telemetry.record(.mailReceptionFailed, .warning, [.errorType(error)])
            return .reply(.unavailable)
        }
    }

    private static let unknown = DialogueReply(550, "5.1.1", "There is no such mailbox here")

    private func answer(_ address: EmailAddress, _ envelope: ReceivedEnvelope) async throws -> DialogueReply {
        guard try await place(of: address) != nil else { return Self.unknown }
        return DialogueReply(250, "2.1.5", "Recipient OK")
    }

    private func place(of address: EmailAddress) async throws -> Place? {
        let local = address.local.lowercased()
        for organization in try await identity.tenants(senderDomain: address.domain).map(\.id) {
            if try await delivery.isReturnPath(address, of: organization) { return .returnPath(organization) }
            if try await portal.isReplyAddress(address, of: organization) { return .conversation(organization) }
            if feedback.contains(local) { return .feedback(organization) }
            if local == SenderDomains.alignmentReports { return .alignmentReports(organization) }
            if local == SenderDomains.transportReports { return .transportReports(organization) }
        }
        guard local == "postmaster", address.domain == hostName.lowercased() else { return nil }
        return try await identity.firstTenant().map { .feedback($0.id) }
    }

    /// Each recipient's part is kept in a transaction of its own before the one reply; keeping twice changes nothing, so a
    /// failure in between is answered with a temporary refusal and the other side sends again.
    private func take(_ mail: ReceivedMail) async throws -> DialogueReply {
        var isKept = false
        var isFull = false
        let authentication = try await authentication(of: mail)
        if let authentication, let refusal = Self.refusal(authentication) { return refusal }
        for address in mail.envelope.recipients {
            switch try await take(mail, authentication, at: address) {
            case .kept: isKept = true
            case .gone: break
            case .full: isFull = true
            }
        }
        if isKept { return DialogueReply(250, "2.0.0", "Kept") }
        return isFull ? DialogueReply(452, "4.2.2", "This conversation takes no more mail today") : Self.unknown
    }

    /// Only of mail to conversations and of reports: what comes back by itself counts by the key in its address, whoever
    /// sent it.
    private func authentication(of mail: ReceivedMail) async throws -> MailAuthentication? {
        for address in mail.envelope.recipients {
            guard let peer = IPAddress(mail.session.peer) else { continue }
            switch try await place(of: address) {
            case .conversation, .alignmentReports, .transportReports: break
            case .returnPath, .feedback, nil: continue
            }
            let isOwn = relays.contains(peer) || relays.contains(peer.unmapped) || !peer.isGlobal
            return await authenticator.authenticate(
                mail.octets,
                from: isOwn ? nil : peer,
                helloName: mail.session.name ?? "",
                returnPath: mail.envelope.returnPath.address
            )
        }
        return nil
    }

    /// What the domain of From asks to be refused is refused (RFC 7372 section 3.2); what cannot be known now comes again.
    static func refusal(_ authentication: MailAuthentication) -> DialogueReply? {
        switch (authentication.dmarc, authentication.policy) {
        case (.fail, .reject):
            DialogueReply(550, "5.7.26", "The sender's domain refuses mail that it cannot vouch for (DMARC)")
        case (.temperror, _): DialogueReply(451, "4.7.24", "The sender cannot be checked at the moment, try later")
        default: nil
        }
    }

    private enum Taken {
        case kept, gone, full
    }

    private func take(
        _ mail: ReceivedMail,
        _ authentication: MailAuthentication?,
        at address: EmailAddress
    ) async throws -> Taken {
        let hasNullReturnPath = mail.envelope.returnPath.isNull
        switch try await place(of: address) {
        case .returnPath(let organization):
            let outcome = try await delivery.receive(
                mail.octets,
                at: address,
                hasNullReturnPath: hasNullReturnPath,
                of: organization
            )
            return outcome == .unknownAddress ? .gone : .kept
        case .feedback(let organization):
            _ = try await delivery.receiveFeedback(
                mail.octets,
                hasNullReturnPath: hasNullReturnPath,
                of: organization
            )
            return .kept
        case .alignmentReports(let organization):
            let isProved = authentication?.provedSender != nil
            try await takeReport(
                mail,
                try await senderDomains.receiveAlignmentReport(in: mail.octets, isProved: isProved, of: organization),
                of: organization
            )
            return .kept
        case .transportReports(let organization):
            let isProved = authentication?.provedSender != nil
            try await takeReport(
                mail,
                try await senderDomains.receiveTransportReport(in: mail.octets, isProved: isProved, of: organization),
                of: organization
            )
            return .kept
        case .conversation(let organization):
            let sender = ReplySender(
                proved: authentication?.provedSender,
                facts: authentication?.facts ?? [:]
            )
            switch try await portal.receive(mail.octets, at: address, sender: sender, of: organization) {
            case .kept:
                await harvest(mail, authentication, at: address, of: organization)
                return .kept
            case .alreadyKept: return .kept
            case .unknownAddress: return .gone
            case .tooMany: return .full
            }
        case nil: return .gone
        }
    }

    /// What is no report that can be read is kept as mail that nobody understands, for a person to look at.
    private func takeReport(
        _ mail: ReceivedMail,
        _ outcome: ReportOutcome,
        of organization: OrganizationID
    ) async throws {
        guard outcome == .unreadable || outcome == .otherDomain else { return }
        _ = try await delivery.receiveFeedback(
            mail.octets,
            hasNullReturnPath: mail.envelope.returnPath.isNull,
            of: organization
        )
    }

    /// The mail is kept by now, and nothing that happens to the keys in it loses it: the person's next mail offers them again.
    private func harvest(
        _ mail: ReceivedMail,
        _ authentication: MailAuthentication?,
        at address: EmailAddress,
        of organization: OrganizationID
    ) async {
        do {
            guard let person = try await portal.person(behind: address, of: organization) else { return }
            _ = try await recipientKeys.harvest(
                from: mail.octets,
                contact: person,
                isAuthenticated: authentication?.provedSender != nil,
                of: organization
            )
        } catch {
            telemetry.record(.mailReceptionFailed, .warning, [.errorType(error)])
        }
    }
}
