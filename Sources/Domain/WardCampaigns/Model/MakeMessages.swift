// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardContacts
import WardDelivery
import WardKernel
import WardStorage

/// Why a person of the audience is not handed to the delivery queue at all. The words are stored.
package enum NoMessage: Hashable, Sendable {
    /// No e-mail address on record, or none that mail can reach.
    case noAddress
    /// A field without a fall-back has no value.
    case missingField(String)
    /// The person's values make the text too long.
    case tooLong
    /// The person's values make something that no mail can carry.
    case notMakeable
    /// No longer on record.
    case personUnknown
    case campaignCancelled

    /// The stored word, such as `missing_field:given_name`.
    package var word: String {
        switch self {
        case .noAddress: "no_address"
        case .missingField(let name): "missing_field:\(name)"
        case .tooLong: "too_long"
        case .notMakeable: "not_makeable"
        case .personUnknown: "person_unknown"
        case .campaignCancelled: "campaign_cancelled"
        }
    }

    package init?(word: String) {
        switch word {
        case "no_address": self = .noAddress
        case "too_long": self = .tooLong
        case "not_makeable": self = .notMakeable
        case "person_unknown": self = .personUnknown
        case "campaign_cancelled": self = .campaignCancelled
        default:
            guard word.hasPrefix("missing_field:") else { return nil }
            self = .missingField(String(word.dropFirst("missing_field:".count)))
        }
    }

    /// The reason in words.
    package var sentence: String {
        switch self {
        case .noAddress: "There is no e-mail address on record."
        case .missingField(let name): "The record has no value for “\(name)”, and the text has no fall-back for it."
        case .tooLong: "The person’s values make the text too long."
        case .notMakeable: "The message could not be put together with the person’s values."
        case .personUnknown: "The person is no longer on record."
        case .campaignCancelled: "The campaign was cancelled before a message was made."
        }
    }
}

/// Everything that is the same for all recipients of one campaign.
struct MessagePlan: Sendable {
    let campaign: CampaignID
    let organization: OrganizationID
    let messageClass: MessageClass
    let terms: MessageTerms
    let template: CampaignTemplate
    let patientOrigin: String
    private let fields: [String]
    private let subject: MergeTemplate
    private let text: MergeTemplate
    private let mergeValues: MergeValues

    /// - Throws: `CampaignError.incomplete` when the draft lacks what a message needs.
    init(
        _ draft: CampaignDraft,
        of campaign: CampaignID,
        organization: OrganizationID,
        profile: CampaignOrganization,
        fields catalogue: MergeFieldCatalogue
    ) throws {
        let problems = draft.problems(fields: catalogue)
        guard problems.isEmpty, let messageClass = draft.messageClass, let sensitivity = draft.sensitivity else {
            throw CampaignError.incomplete(problems)
        }
        self.campaign = campaign
        self.organization = organization
        self.messageClass = messageClass
        patientOrigin = profile.patientOrigin
        terms = MessageTerms(
            messageClass: messageClass,
            sensitivity: sensitivity,
            sender: MailSender(name: draft.senderName, address: profile.senderAddress),
            composer: CampaignComposer.name,
            campaign: campaign,
            isPaidByThirdParty: draft.answers.payment.map { $0 != .none } ?? false
        )
        template = CampaignTemplate(
            subject: draft.subject,
            text: draft.text,
            language: draft.language,
            footer: messageClass.isCommercial
                ? .init(organization: profile.name, postalAddress: draft.postalAddress) : nil
        )
        subject = try MergeTemplate(parsing: draft.subject)
        text = try MergeTemplate(parsing: draft.text)
        fields = Array(Set(subject.fields + text.fields)).sorted()
        mergeValues = MergeValues(
            language: draft.language,
            organization: profile.name,
            senderName: draft.senderName
        )
    }

    /// The purpose that the unsubscribe link turns down; nil for classes without such a link.
    var unsubscribePurpose: Purpose? { messageClass.isCommercial ? messageClass.purpose : nil }

    /// Where a person goes to unsubscribe.
    func address(of token: UnsubscribeToken) -> String { patientOrigin + "/u/" + token.secretText }

    /// What this person's message needs, or why there is none.
    func values(for person: PersonFacts, unsubscribe: UnsubscribeToken?) -> Result<CampaignValues, Refusal> {
        let values = mergeValues.values(of: fields, for: person)
        for part in [subject, text] {
            switch part.merged(value: { values[$0] }) {
            case .merged: continue
            case .missing(let names): return .failure(Refusal(.missingField(names[0])))
            case .tooLong: return .failure(Refusal(.tooLong))
            }
        }
        return .success(CampaignValues(fields: values, unsubscribe: unsubscribe.map(address)))
    }

    struct Refusal: Error {
        let reason: NoMessage
        init(_ reason: NoMessage) { self.reason = reason }
    }

    /// The person's address as mail takes it.
    static func address(of person: PersonFacts) -> EmailAddress? {
        guard case .text(let text)? = person.attributes[.email] else { return nil }
        return EmailAddress(text)
    }
}

/// One person of a chunk.
enum PlannedMessage: Sendable {
    case message(ContactID, MessageDraft, UnsubscribeToken?)
    case nothing(ContactID, NoMessage)
}

extension MessagePlan {
    /// What can be made for these people, in their order. Nothing is disclosed: the values go into sealed messages.
    func plan(
        _ contacts: [ContactID],
        people: [Sensitive<PersonFacts>],
        surroundings: Surroundings
    ) throws -> [PlannedMessage] {
        var known: [ContactID: Sensitive<PersonFacts>] = [:]
        for person in people { known[person.expose(for: .evaluating, \.contact)] = person }
        return try contacts.map { contact in
            guard let person = known[contact] else { return .nothing(contact, .personUnknown) }
            let token = unsubscribePurpose.map { _ in
                UnsubscribeToken(for: organization, surroundings: surroundings)
            }
            return try person.expose(for: .composing) { facts in
                guard let address = Self.address(of: facts) else { return .nothing(contact, .noAddress) }
                switch values(for: facts, unsubscribe: token) {
                case .failure(let refusal): return .nothing(contact, refusal.reason)
                case .success(let values):
                    let draft = MessageDraft(
                        recipient: .contact(contact),
                        address: address,
                        values: try values.encoded
                    )
                    return .message(contact, draft, token)
                }
            }
        }
    }
}

extension Campaigns {
    /// The plan of a stored campaign. The platform's own work may use clinical fields that its author could use.
    func plan(
        _ row: CampaignRow,
        for requester: Requester,
        in tx: any ReadTransaction
    ) throws -> MessagePlan {
        try MessagePlan(
            try openDraft(of: row, organization: requester.organization, in: tx),
            of: row.id,
            organization: requester.organization,
            profile: try organizations.campaignOrganization(requester.organization, in: tx),
            fields: try fields(for: requester, in: tx)
        )
    }
}
