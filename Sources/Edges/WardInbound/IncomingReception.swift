// SPDX-License-Identifier: Apache-2.0

package import WardDelivery
package import WardIdentity
import WardKernel
package import WardPortal
import WardSubmission
package import WardTelemetry

/// Port 25: mail from anywhere, but only to addresses that Ward itself gave out. It relays nothing.
package struct IncomingReception: MailReception {
    private let identity: Identity
    private let delivery: Delivery
    private let portal: Portal
    private let telemetry: Telemetry
    private let feedback: Set<String>
    private let hostName: String

    /// What an address of ours is for.
    private enum Place: Sendable {
        case returnPath(OrganizationID)
        case conversation(OrganizationID)
        case feedback(OrganizationID)
    }

    /// - Parameters:
    ///   - identity: knows whose mail comes from a domain.
    ///   - feedback: local parts at which complaints and mail to the postmaster are taken, lower case.
    ///   - hostName: this server's own name: `postmaster` there is the first organization's.
    package init(
        identity: Identity,
        delivery: Delivery,
        portal: Portal,
        feedback: Set<String>,
        hostName: String,
        telemetry: Telemetry
    ) {
        self.identity = identity
        self.delivery = delivery
        self.portal = portal
        self.feedback = feedback
        self.hostName = hostName
        self.telemetry = telemetry
    }

    package func answer(_ question: DialogueQuestion, in session: DialogueSession) async -> DialogueAnswer {
        do {
            switch question {
            case .authenticate: return .sasl(.rejected)
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
        }
        guard local == "postmaster", address.domain == hostName.lowercased() else { return nil }
        return try await identity.firstTenant().map { .feedback($0.id) }
    }

    /// Each recipient's part is kept in a transaction of its own before the one reply; keeping twice changes nothing, so a
    /// failure in between is answered with a temporary refusal and the other side sends again.
    private func take(_ mail: ReceivedMail) async throws -> DialogueReply {
        var isKept = false
        var isFull = false
        for address in mail.envelope.recipients {
            switch try await take(mail, at: address) {
            case .kept: isKept = true
            case .gone: break
            case .full: isFull = true
            }
        }
        if isKept { return DialogueReply(250, "2.0.0", "Kept") }
        return isFull ? DialogueReply(452, "4.2.2", "This conversation takes no more mail today") : Self.unknown
    }

    private enum Taken {
        case kept, gone, full
    }

    private func take(_ mail: ReceivedMail, at address: EmailAddress) async throws -> Taken {
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
        case .conversation(let organization):
            switch try await portal.receive(mail.octets, at: address, of: organization) {
            case .kept, .alreadyKept: return .kept
            case .unknownAddress: return .gone
            case .tooMany: return .full
            }
        case nil: return .gone
        }
    }
}
