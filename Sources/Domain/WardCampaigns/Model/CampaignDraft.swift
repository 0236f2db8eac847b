// SPDX-License-Identifier: Apache-2.0

package import WardConsent
package import WardDelivery
package import WardKernel
package import WardPortal

/// What a campaign says and to whom, while it is being written. Kept as sealed JSON; a field added later is optional.
package struct CampaignDraft: Hashable, Sendable, Codable {
    /// For staff; people never see it.
    package var name: String
    package var segment: SegmentID?
    package var answers: ClassificationAnswers
    /// Who pays, where somebody else does; named in the report.
    package var payer: String
    /// In the text of commercial mail (16 CFR 316.5).
    package var postalAddress: String
    /// As people see it in their list of messages.
    package var senderName: String
    package var subject: String
    package var text: String
    package var sensitivity: Sensitivity?
    /// The language of the text; dates and the words around it follow.
    package var language: PortalLanguage

    package init(
        name: String = "",
        segment: SegmentID? = nil,
        answers: ClassificationAnswers = ClassificationAnswers(),
        payer: String = "",
        postalAddress: String = "",
        senderName: String = "",
        subject: String = "",
        text: String = "",
        sensitivity: Sensitivity? = nil,
        language: PortalLanguage = .english
    ) {
        self.name = name
        self.segment = segment
        self.answers = answers
        self.payer = payer
        self.postalAddress = postalAddress
        self.senderName = senderName
        self.subject = subject
        self.text = text
        self.sensitivity = sensitivity
        self.language = language
    }

    /// Nil until every question that decides the class is answered: unclassified cannot be sent.
    package var messageClass: MessageClass? { answers.classification.messageClass }
}

extension CampaignDraft: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A draft's text may hold what its author knows about people.
    package var description: String { "‹redacted draft›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where on the compose page something is missing; also the name of the page's field.
package enum CampaignField: String, Hashable, Sendable, CaseIterable {
    case name, segment
    case senderName = "sender_name"
    case subject, text
    case classification, payer
    case postalAddress = "postal_address"
    case sensitivity
}

/// One thing that keeps a campaign from being sent, in plain words.
package struct CampaignProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let field: CampaignField
    package let sentence: String

    package init(_ field: CampaignField, _ sentence: String) {
        self.field = field
        self.sentence = sentence
    }

    package var description: String { sentence }
}
