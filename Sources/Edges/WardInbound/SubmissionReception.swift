// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
package import WardSubmission
package import WardTelemetry

/// Ports 465 and 587: mail from accounts, into the one send path.
package struct SubmissionReception: MailReception {
    private let submission: Submission
    private let telemetry: Telemetry

    package init(submission: Submission, telemetry: Telemetry) {
        self.submission = submission
        self.telemetry = telemetry
    }

    package func answer(_ question: DialogueQuestion, in session: DialogueSession) async -> DialogueAnswer {
        do {
            switch question {
            case .authenticate(let mechanism, let response, let exchange):
                let client = SigningClient(
                    networkAddress: session.peer,
                    binding: session.handshake.binding,
                    certificate: session.handshake.certificate
                )
                return .sasl(try await submission.authenticate(mechanism, response, exchange: exchange, from: client))
            case .certificate(let certificate):
                return .certificate(isKnown: try await submission.offersExternal(to: certificate))
            case .recipient(let address, let envelope): return .reply(try await answer(address, envelope, session))
            case .message(let mail): return .reply(try await take(mail))
            }
        } catch {
            telemetry.record(.mailReceptionFailed, .warning, [.errorType(error)])
            return switch question {
            case .authenticate: .sasl(.unavailable)
            // Those who sign in by password are none the worse.
            case .certificate: .certificate(isKnown: false)
            case .recipient, .message: .reply(.unavailable)
            }
        }
    }

    private func answer(
        _ address: EmailAddress,
        _ envelope: ReceivedEnvelope,
        _ session: DialogueSession
    ) async throws -> DialogueReply {
        guard let account = session.account else { return .authenticationFirst }
        guard envelope.recipients.count < account.recipientsPerMessage else { return .tooManyRecipients }
        switch try await submission.standing(of: address, for: account) {
        case .known: return DialogueReply(250, "2.1.5", "Recipient OK")
        case .unknown: return Self.reply(to: .unknownRecipient(position: envelope.recipients.count + 1))
        case .shared: return Self.reply(to: .sharedAddress(position: envelope.recipients.count + 1))
        }
    }

    private func take(_ mail: ReceivedMail) async throws -> DialogueReply {
        guard let account = mail.session.account else { return .authenticationFirst }
        let outcome = try await submission.submit(
            mail.octets,
            to: mail.envelope.recipients,
            requiresTLSOnward: mail.envelope.requiresTLS,
            by: account,
            from: mail.session.peer
        )
        switch outcome {
        case .kept(let queued, let held) where held == 0: return DialogueReply(250, "2.6.0", "Kept: \(queued) queued")
        case .kept(let queued, let held):
            return DialogueReply(250, "2.6.0", "Kept: \(queued) queued, \(held) waiting (see ward mail explain)")
        case .alreadyKept: return DialogueReply(250, "2.6.0", "Kept already")
        case .refused(let refusal): return Self.reply(to: refusal)
        }
    }

    /// Plain sentences: the person who reads them has only their mail program.
    static func reply(to refusal: SubmitRefusal) -> DialogueReply {
        switch refusal {
        case .unreadable: DialogueReply(554, "5.6.0", "The message cannot be read")
        case .empty: DialogueReply(554, "5.6.0", "The message has no text")
        case .attachments:
            DialogueReply(554, "5.3.4", "More than 50 files are not carried: nothing was sent")
        case .alreadyProtected:
            DialogueReply(
                554,
                "5.6.1",
                "Mail that is encrypted, or signed otherwise than as multipart/signed, is not carried: Ward encrypts it"
            )
        case .signedNotSevenBit:
            DialogueReply(
                554,
                "5.6.3",
                "The signed part has 8-bit octets or lines over 998: its signature would not hold"
            )
        case .signedNotReadable:
            DialogueReply(554, "5.6.1", "The signed part has a text that is not in UTF-8, ASCII or ISO 8859-1")
        case .signedNamesRecipients:
            DialogueReply(554, "5.7.1", "The signed part names its recipients: send it to each of them alone")
        case .noSender: DialogueReply(550, "5.1.7", "From must name one address")
        case .foreignSender:
            DialogueReply(550, "5.7.1", "From must be this account's address in the organization's sender domain")
        case .malformedHeader: DialogueReply(554, "5.6.0", "The subject or another header cannot be carried")
        case .unknownRecipient(let position):
            DialogueReply(550, "5.1.1", "Recipient \(position) is not on record: add the person to Contacts first")
        case .sharedAddress(let position):
            DialogueReply(550, "5.1.4", "Recipient \(position): several people share this address, write from Contacts")
        case .notSent(let position, let reason):
            DialogueReply(550, "5.7.1", "Nothing was sent. Recipient \(position): \(reason.sentence)")
        case .tooManyRecipients: DialogueReply(552, "5.5.3", "More recipients than this account may write to at once")
        case .tooManyMessages: DialogueReply(451, "4.7.0", "This account's messages of the hour are used up, try later")
        case .accountDisabled: DialogueReply(535, "5.7.8", "This account was disabled")
        }
    }
}
