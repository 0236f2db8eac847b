// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardConsent
package import WardKernel
import WardMailCrypto
import WardQueue
package import WardStorage
package import WardVault

/// How deliveries are made.
package struct DeliveryConfiguration: Sendable, Hashable {
    package var schedule: RetrySchedule
    /// Attempts of one worker at the same time, all organizations together.
    package var concurrency: Int
    /// For how long a message is tried: a report about TLS for a day (RFC 8460 section 5.5).
    func lifetime(of messageClass: MessageClass) -> Duration {
        messageClass == .transportReport ? min(schedule.lifetime, .hours(24)) : schedule.lifetime
    }
    /// Of these, what campaigns leave to messages of their own: answers, notices, sign-in links.
    var reserve: Int { concurrency / 8 }
    /// Attempts at the same time to one recipient domain.
    package var concurrencyPerDestination: Int
    /// How long a claimed message stays with a worker that no longer says that it lives.
    package var lease: Duration
    /// How often an idle worker looks for work.
    package var pollInterval: Duration
    /// Against how many past decisions a draft is run within the request that asks for it.
    package var immediateTrial = 500
    /// Past decisions that are read and replayed at once.
    package var decisionsAtOnce = 500

    package init(
        schedule: RetrySchedule = RetrySchedule(),
        concurrency: Int = 256,
        concurrencyPerDestination: Int = 20,
        lease: Duration = .seconds(45),
        pollInterval: Duration = .milliseconds(200)
    ) {
        self.schedule = schedule
        self.concurrency = concurrency
        self.concurrencyPerDestination = concurrencyPerDestination
        self.lease = lease
        self.pollInterval = pollInterval
    }
}

/// What answers from other modules: wired by the server.
package struct DeliverySources: Sendable {
    package var portal: any PortalDropbox
    package var audience: any AudienceSource
    package var people: any PersonSource
    package var signers: any SignerSource
    package var keys: any RecipientKeySource
    package var senderKeys: any SenderKeySource
    /// How reports about TLS get to the owners of domains; nil: none are sent.
    package var reporting: TLSReporting?
    /// Beside `LiteralComposer`, which is always there.
    package var composers: [any ContentComposer]

    package init(
        portal: any PortalDropbox,
        audience: any AudienceSource,
        people: any PersonSource,
        signers: any SignerSource,
        keys: any RecipientKeySource = NoRecipientKeys(),
        senderKeys: any SenderKeySource = NoSenderKeys(),
        reporting: TLSReporting? = nil,
        composers: [any ContentComposer] = []
    ) {
        self.portal = portal
        self.audience = audience
        self.people = people
        self.signers = signers
        self.keys = keys
        self.senderKeys = senderKeys
        self.reporting = reporting
        self.composers = composers
    }
}

/// The one send path: whatever leaves, leaves through here, cleared by the send gate (invariants I2, I3).
package final class Delivery: Sendable {
    package let gate: SendGate
    package let configuration: DeliveryConfiguration
    let store: any Store
    let vault: Vault
    let audit: Audit
    let consent: Consent
    let queue: Queue
    let portal: any PortalDropbox
    let audience: any AudienceSource
    let composers: [String: any ContentComposer]
    let signerSource: any SignerSource
    let keySource: any RecipientKeySource
    let senderKeySource: any SenderKeySource
    let reporting: TLSReporting?
    let transmitter: any Transmitter
    let destinations: Destinations
    let contents = ContentCache()
    let rendered = RenderedMessages()
    let certificates = KnownCertificates()
    let openPGP = OpenPGPContexts()
    let encodedEvidence = EncodedEvidence()
    let seenPostures = SeenPostures()
    let surroundings: Surroundings

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        consent: Consent,
        sources: DeliverySources,
        transmitter: any Transmitter,
        configuration: DeliveryConfiguration = DeliveryConfiguration(),
        surroundings: Surroundings
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.consent = consent
        self.configuration = configuration
        self.transmitter = transmitter
        self.surroundings = surroundings
        portal = sources.portal
        audience = sources.audience
        signerSource = sources.signers
        keySource = sources.keys
        senderKeySource = sources.senderKeys
        reporting = sources.reporting
        queue = Queue(surroundings: surroundings)
        destinations = Destinations(vault: vault)
        composers = ([LiteralComposer()] + sources.composers).reduce(into: [:]) { $0[$1.name] = $1 }
        gate = SendGate(questions: [
            SuppressionQuestion(consent: consent),
            AudienceQuestion(source: sources.audience),
            ConsentQuestion(consent: consent),
            PersonQuestion(source: sources.people),
            AuthorizationQuestion(consent: consent),
            AgreementsQuestion(),
            ContentScanQuestion(),
            UnencryptedRequestQuestion(consent: consent),
            SensitivityQuestion(),
            ProtectionQuestion(),
            TransportQuestion(portal: sources.portal, keys: sources.keys, destinations: destinations),
        ])
    }

    /// Staff sends with either permission; the platform's own work needs none; patients never send.
    func requireSending(_ requester: Requester) throws {
        guard requester.kind != .service else { return }
        if requester.kind == .staff, requester.may(.answerMessages) { return }
        try requester.require(.sendCampaigns)
    }
}

/// Why delivery does not do what was asked. Descriptions hold no personal data.
package enum DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
    case messageNotFound(MessageID)
    case contentNotFound(MessageContentID)
    /// The terms name a composer that this version does not have.
    case composerUnknown(String)
    /// The stored message cannot be read: what is in it does not fit its format.
    case damaged(MessageID)
    case invalidRoute(RouteProblem)
    case invalidSettings(rule: String)
    /// Only held messages are released.
    case notHeld(MessageID)
    /// A lowering without a reason or without the statement "contains no PHI".
    case loweringIncomplete
    /// The request for unencrypted mail that a message answers was answered or withdrawn before, or is not the person's.
    case requestNotOpen

    package var description: String {
        switch self {
        case .messageNotFound(let id): "delivery.message_not_found: there is no message \(id)."
        case .contentNotFound(let id): "delivery.content_not_found: there is no content \(id)."
        case .composerUnknown(let name):
            "delivery.composer_unknown: this version cannot compose messages of the format \(name)."
        case .damaged(let id): "delivery.damaged: message \(id) cannot be read."
        case .invalidRoute(let problem): "delivery.invalid_route: \(problem.sentence)"
        case .invalidSettings(let rule): "delivery.invalid_settings: \(rule)."
        case .notHeld(let id): "delivery.not_held: message \(id) is not held."
        case .loweringIncomplete:
            "delivery.lowering_incomplete: lowering needs a reason and the statement that the message contains no PHI."
        case .requestNotOpen: "delivery.request_not_open: the request was answered or withdrawn before."
        }
    }
}

extension RecordKind {
    /// The terms and the template of a content.
    static let deliveryContent = RecordKind(number: 100, name: "message content")
    /// The address and the frozen values of one message.
    static let deliveryEnvelope = RecordKind(number: 101, name: "message envelope")
    /// A decision of the gate with its answers.
    static let gateDecision = RecordKind(number: 102, name: "gate decision")
    /// What is known about how an attempt went.
    static let attemptEvidence = RecordKind(number: 103, name: "attempt evidence")
    /// A relay's user and password.
    static let routeCredentials = RecordKind(number: 104, name: "route credentials")
    /// The DKIM signatures of one message.
    static let messageSignatures = RecordKind(number: 105, name: "message signatures")
}

extension WorkKind {
    /// One attempt of one message.
    static let deliveryAttempt = WorkKind("delivery.attempt")
    /// A draft of the protection policy against past decisions.
    static let policyTrial = WorkKind("delivery.trial")
}

extension AuditAction {
    /// Messages were submitted; the facts count what the gate said.
    package static let messageSubmit = AuditAction(rawValue: "message.submit")
    /// Another server took a message: the disclosure.
    package static let messageDeliver = AuditAction(rawValue: "message.deliver")
    /// A report about TLS went to a domain's owner.
    package static let tlsReportSend = AuditAction(rawValue: "tls_report.send")
    /// A report about TLS could not be handed over within a day.
    package static let tlsReportFail = AuditAction(rawValue: "tls_report.fail")
    /// Reports about TLS were turned on or off.
    package static let tlsReportSetting = AuditAction(rawValue: "tls_report.setting")
    /// A message was put into the portal.
    package static let messageDeposit = AuditAction(rawValue: "message.deposit")
    /// A message ended, or is held, without being delivered.
    package static let messageEnd = AuditAction(rawValue: "message.end")
    /// An attempt is in doubt.
    package static let messageDoubt = AuditAction(rawValue: "message.doubt")
    /// Staff held, hurried, cancelled or took back a message.
    package static let messageControl = AuditAction(rawValue: "message.control")
    /// Staff was shown a message exactly as it was sent.
    package static let messageShow = AuditAction(rawValue: "message.show")
    /// A rate, a warm-up or a brake was changed.
    package static let rateChange = AuditAction(rawValue: "delivery.rate")
    /// Messages were removed because the time for which they are kept is over.
    package static let messagePurge = AuditAction(rawValue: "message.purge")
    /// Staff let a held message go on.
    package static let messageRelease = AuditAction(rawValue: "message.release")
    /// Staff read why a message went the way it went.
    package static let messageExplain = AuditAction(rawValue: "message.explain")
    /// A campaign's sending was paused, resumed or cancelled.
    package static let deliveryControl = AuditAction(rawValue: "delivery.control")
    /// A route was set or removed.
    package static let routeChange = AuditAction(rawValue: "route.change")
}
