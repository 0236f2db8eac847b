// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import WardConsent
import WardContentScan
package import WardKernel
import WardMIME
import WardMailCrypto

package enum MessageContentTag {}
/// What one campaign or one single message says, stored once whatever the number of its recipients.
package typealias MessageContentID = Identifier<MessageContentTag>

package enum DomainOwnerTag {}
/// Whoever reads the reports about one domain, for one report.
package typealias DomainOwnerID = Identifier<DomainOwnerTag>

/// Who gets a message.
package enum MessageRecipient: Hashable, Sendable {
    case contact(ContactID)
    /// A member of staff at their own address: a test, a sign-in link.
    case staff(StaffID)
    /// The owner of a domain, at the address that the domain publishes for reports. Nobody on record: each report has a
    /// recipient of its own.
    case domainOwner(DomainOwnerID)

    package var contact: ContactID? { if case .contact(let contact) = self { contact } else { nil } }
}

/// Whom a message comes from.
package struct MailSender: Hashable, Sendable {
    /// The name shown, such as the organization's; never personal data.
    package var name: String
    package var address: EmailAddress
    package var replyTo: EmailAddress?

    package init(name: String, address: EmailAddress, replyTo: EmailAddress? = nil) {
        self.name = name
        self.address = address
        self.replyTo = replyTo
    }
}

/// One header beyond those that every message has, such as `List-Unsubscribe`.
package struct MailHeader: Hashable, Sendable, Codable {
    package var name: String
    package var value: String
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A file that comes with a message.
package struct ComposedAttachment: Hashable, Sendable, Codable {
    /// As `MailAttachment.carriedName` gives it.
    package var fileName: String
    /// `type/subtype` in lower case.
    package var mediaType: String
    package var content: Data
    /// How the HTML names it, where it is shown in the text.
    package var contentIdentifier: String?
    /// What a confined program read of it, for the content scan; nil: the scan reads it itself, or nobody could.
    package var readText: String?

    package init(
        fileName: String,
        mediaType: String,
        content: Data,
        contentIdentifier: String? = nil,
        readText: String? = nil
    ) {
        self.fileName = fileName
        self.mediaType = mediaType
        self.content = content
        self.contentIdentifier = contentIdentifier
        self.readText = readText
    }

    /// A file as somebody gave it: name and type in the form in which mail can carry them.
    package init(given name: String, mediaType: String, content: [UInt8]) {
        self.init(
            fileName: MailAttachment.carriedName(name),
            mediaType: MailAttachment.isMediaType(mediaType) ? mediaType.lowercased() : "application/octet-stream",
            content: Data(content)
        )
    }
}

/// What somebody signed before it came here: carried octet for octet, since a signature covers octets.
package struct SignedContent: Hashable, Sendable, Codable {
    /// With its `Content-` fields, 7-bit, in lines of at most 998 octets: of `SignedEntity`, which says what may be carried.
    package var octets: Data
    /// What stands in it beside text, HTML and files; for the content scan.
    package var aside: String

    package init(octets: [UInt8], aside: String) {
        self.octets = Data(octets)
        self.aside = aside
    }
}

/// A message as one person will read it.
package struct ComposedContent: Hashable, Sendable, Codable {
    /// Goes in the clear part of the message: never personal data.
    package var subject: String
    package var text: String
    /// The same for programs that show HTML; nil: text alone.
    package var html: String?
    package var headers: [MailHeader]
    /// Nil: none. Not an empty list, so that a content without files is stored as it always was.
    package var files: [ComposedAttachment]?
    /// The type of the report that the message is (RFC 6522); nil for every other message.
    package var reportType: String?
    /// What goes by mail in place of text, HTML and files, which say the same; nil where nobody signed.
    package var signed: SignedContent?

    package init(
        subject: String,
        text: String,
        html: String? = nil,
        headers: [MailHeader] = [],
        files: [ComposedAttachment]? = nil
    ) {
        self.subject = subject
        self.text = text
        self.html = html
        self.headers = headers
        self.files = files?.isEmpty == false ? files : nil
    }
}

/// Makes the content for one person from what was stored once and that person's frozen values.
///
/// The same bytes in must give the same content out, in this and any later version: a retry is composed again and sent
/// only when its digest is the one stored (reliability.md B2, rule 2). A change of format takes a new name.
package protocol ContentComposer: Sendable {
    /// Permanent, such as `campaign.merge.1`.
    var name: String { get }
    func compose(_ template: Sensitive<[UInt8]>, values: Sensitive<[UInt8]>) throws -> Sensitive<ComposedContent>
}

/// What holds for every recipient of one content.
package struct MessageTerms: Hashable, Sendable {
    package var campaign: CampaignID?
    package var messageClass: MessageClass
    package var sensitivity: Sensitivity
    package var methods: MethodChoice
    /// Whether somebody else pays for it; an authorization must then say so.
    package var isPaidByThirdParty: Bool
    package var guarantee: DeliveryGuarantee
    package var sender: MailSender
    /// The name of the `ContentComposer` that makes each message from the template.
    package var composer: String
    /// What the portal is told when the message goes there, such as the thread it belongs to; nil begins a thread.
    package var portalReference: [UInt8]?
    /// A number above 0 goes before campaigns in the queue: answers, sign-in links.
    package var priority: Int
    /// Whether a person waits for it: when an hour of attempts did not bring it to the recipient's server, it goes to the
    /// portal, if it is protected and the portal may carry it.
    package var isTimeCritical = false
    /// Whoever handed it in asked for REQUIRETLS (RFC 8689): it goes over verified TLS to a server that promises to pass it on
    /// in the same way, or into the portal.
    package var requiresTLSOnward = false
    /// The member of staff who wrote it; nil for the platform's own work and for campaigns.
    package internal(set) var author: StaffID?
    /// Its sender declared, with a permission and a reason on record, that it holds no health information.
    package internal(set) var isDeclaredFreeOfPHI = false
    /// That declaration, kept with the message.
    package internal(set) var lowering: KeptLowering?
    /// The person's request for unencrypted mail that this message answers, when the request is for one answer alone.
    package var answersRequest: UnencryptedRequestID?
    /// The class of the message that a portal notice announces; the questions about the person are asked for that.
    var announces: MessageClass?

    /// The class that consent and authorization are asked for.
    package var askedClass: MessageClass { announces ?? messageClass }

    /// The methods that sensitivity and the choice of staff leave.
    package var allowedMethods: Set<SendMethod> {
        Self.allowedMethods(messageClass, sensitivity, methods, isDeclaredFree: isDeclaredFreeOfPHI)
    }

    /// The methods that sensitivity and choice leave. Mail without protection carries notices, and what was declared free
    /// of health information where the policy agrees.
    static func allowedMethods(
        _ messageClass: MessageClass,
        _ sensitivity: Sensitivity,
        _ methods: MethodChoice,
        isDeclaredFree: Bool
    ) -> Set<SendMethod> {
        switch messageClass {
        case .portalNotice: [.verifiedTLS, .opportunisticTLS]
        case .staff: [.verifiedTLS]
        // What TLS is like there is what the report says: it may not depend on it (RFC 8460 section 5.3.1).
        case .transportReport: [.opportunisticTLS]
        default:
            sensitivity.allowedMethods.intersection(methods.methods)
                .union(isDeclaredFree && sensitivity == .routine && methods == .automatic ? [.opportunisticTLS] : [])
        }
    }

    package init(
        messageClass: MessageClass,
        sensitivity: Sensitivity,
        sender: MailSender,
        composer: String = LiteralComposer.name,
        campaign: CampaignID? = nil,
        methods: MethodChoice = .automatic,
        isPaidByThirdParty: Bool = false,
        guarantee: DeliveryGuarantee = .atLeastOnce
    ) {
        self.campaign = campaign
        self.messageClass = messageClass
        self.sensitivity = sensitivity
        self.methods = methods
        self.isPaidByThirdParty = isPaidByThirdParty
        self.guarantee = guarantee
        self.sender = sender
        self.composer = composer
        portalReference = nil
        priority = campaign == nil ? 1 : 0
    }
}

/// A content with its terms: stored once, sealed under the organization's key (or the person's, when it is for one alone).
package struct MessageContent: Sendable {
    package let id: MessageContentID
    package let organization: OrganizationID
    package let terms: MessageTerms
    package let template: Sensitive<[UInt8]>
    /// The person whose key seals it, for a message to one person.
    package let owner: ContactID?

    /// The content with terms of at least this sensitivity: what a rule of the content scan raised.
    func raised(to sensitivity: Sensitivity?) -> MessageContent {
        var terms = terms
        terms.sensitivity = sensitivity.map { max($0, terms.sensitivity) } ?? terms.sensitivity
        return MessageContent(id: id, organization: organization, terms: terms, template: template, owner: owner)
    }
}

/// One recipient of a content, before the message exists.
package struct MessageDraft: Sendable {
    package var recipient: MessageRecipient
    package var address: EmailAddress
    /// What the composer needs about this person, in the composer's own format; frozen here and sealed.
    package var values: Sensitive<[UInt8]>

    package init(recipient: MessageRecipient, address: EmailAddress, values: Sensitive<[UInt8]> = Sensitive([])) {
        self.recipient = recipient
        self.address = address
        self.values = values
    }
}

/// A message made and digested, not yet in the queue. `Delivery.submit` asks the gate and queues it.
package struct PreparedMessage: Sendable {
    package let id: MessageID
    package let content: MessageContentID
    package let organization: OrganizationID
    package let terms: MessageTerms
    let draft: MessageDraft
    let frozen: FrozenMessage
    /// What the content scan found; nil where nothing is scanned: notices, mail to staff.
    let findings: [ContentFinding]?
}

/// What makes a message the same bytes each time it is composed.
struct FrozenMessage: Hashable, Sendable {
    /// Whole seconds since 1970 for the `Date` header.
    var date: Timestamp
    /// `left@right` without angle brackets.
    var messageIdentifier: String
    /// The stem from which the multipart boundaries are made.
    var boundary: String
    /// SHA-256 of the message as it is sent, its signatures included.
    var digest: [UInt8]
    /// Made once, when the message was prepared; empty where its domain had no active key.
    var signatures: [DKIMSignature] = []
    /// Made with the organization's own key where the message is signed and not encrypted.
    var ownSignature: FrozenSignature?
    /// The value of the Autocrypt header; nil: none.
    var autocrypt: String?
    /// Stands in place of a subject that must not leave in the clear; nil: the subject as it was written.
    var neutralSubject: String?
}

/// What became of one submission.
package enum SubmissionOutcome: Hashable, Sendable {
    /// Cleared and queued, by the method that the gate expects.
    case queued(MessageID, SendMethod)
    /// Kept, and waiting for a time or a person.
    case held(MessageID, HoldReason)
    /// Kept as a record of what was not sent, and why.
    case notSent(MessageID, RefusalReason)
    /// This content was submitted to this recipient before; nothing was added.
    case alreadySubmitted
}
