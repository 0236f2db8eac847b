// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardContacts
package import WardDelivery
package import WardKernel
import WardSegments
import WardStorage

/// What came of asking for a preview.
package enum PreviewOutcome: Sendable {
    /// As the person would read it.
    case message(Sensitive<ComposedContent>)
    /// This person would get no message.
    case nothing(NoMessage)
}

extension Campaigns {
    /// Shows a draft as one member of its segment would read it: an audited disclosure of the merged fields.
    package func preview(_ id: CampaignID, as contact: ContactID, requester: Requester) async throws -> PreviewOutcome {
        try requester.require(.viewCampaigns)
        try requester.require(.revealContacts)
        let organization = requester.organization
        return try await store.write { [self] tx in
            let row = try self.row(id, of: organization, in: tx)
            let plan = try self.plan(row, for: requester, in: tx)
            guard let segment = row.segment,
                try segments.membership(of: contact, in: segment, of: organization, in: tx) == .member
            else { throw CampaignError.notAMember(contact) }
            let fields = try MergeTemplate(parsing: plan.template.text).fields
            try record(.campaignPreview, id, subject: contact, fields: fields, by: requester, in: tx)
            let person = try people.people([contact], of: organization, in: tx)
            switch try plan.plan([contact], people: person, surroundings: surroundings).first {
            case .message(_, let draft, _):
                return .message(try CampaignComposer().compose(try plan.template.encoded, values: draft.values))
            case .nothing(_, let reason): return .nothing(reason)
            case nil: return .nothing(.personUnknown)
            }
        }
    }

    /// Sends a draft, merged with a made-up person, to the requester's own address through the one send path.
    package func sendTest(_ id: CampaignID, requester: Requester) async throws -> SubmissionOutcome {
        try requester.require(.editCampaigns)
        let organization = requester.organization
        guard requester.kind == .staff, let staff = StaffID(bytes: requester.identifier) else {
            throw CampaignError.noOwnAddress
        }
        let (plan, address) = try await store.read { [self] tx -> (MessagePlan, EmailAddress) in
            guard let address = try organizations.ownAddress(of: requester, in: tx) else {
                throw CampaignError.noOwnAddress
            }
            return (try self.plan(try self.row(id, of: organization, in: tx), for: requester, in: tx), address)
        }
        var terms = MessageTerms(
            messageClass: .staff,
            sensitivity: .routine,
            sender: plan.terms.sender,
            composer: CampaignComposer.name
        )
        terms.priority = 1
        let values = plan.values(of: MadeUpPerson.facts(surroundings.now()))
        let content = try delivery.content(terms, template: try plan.template.encoded, for: nil, of: organization)
        let draft = MessageDraft(recipient: .staff(staff), address: address, values: try values.encoded)
        let prepared = try await delivery.prepare([draft], content: content)
        return try await store.write { [self] tx in
            try delivery.store(content, in: tx)
            try record(.campaignTest, id, by: requester, in: tx)
            return try delivery.submit(prepared, by: requester, in: tx).first ?? .alreadySubmitted
        }
    }
}

extension MessagePlan {
    /// The made-up person has every field; whatever an organization adds is shown by its name.
    fileprivate func values(of person: PersonFacts) -> CampaignValues {
        var fields: [String: String] = [:]
        if case .success(let values) = values(for: person, unsubscribe: nil) { fields = values.fields }
        for part in [template.subject, template.text] {
            // The plan was made, so both parts parse; a field without a value shows its own name.
            let names = (try? MergeTemplate(parsing: part))?.fields ?? []
            for name in names where fields[name] == nil { fields[name] = "[\(name)]" }
        }
        let link = unsubscribePurpose.map { _ in patientOrigin + "/u/test" }
        return CampaignValues(fields: fields, unsubscribe: link)
    }
}

/// The person in tests: nobody.
enum MadeUpPerson {
    static func facts(_ now: Timestamp) -> PersonFacts {
        let values: [AttributeName: AttributeValue] = [
            .prefix: .text("Ms."), .givenName: .text("Alex"), .familyName: .text("Example"), .sex: .code("female"),
            .birthDate: .date(CalendarDate(daysSince1970: 4_747)), .language: .code("en"), .city: .text("Lakeside"),
            .recordNumber: .text("TEST-0001"), .state: .text("WI"), .country: .text("US"), .zip: .text("53000"),
            .phone: .text("+1 555 0100"), .address: .text("1 Example Street"), .email: .text("alex@test.example"),
        ]
        return PersonFacts(contact: ContactID(high: 0, low: 0), attributes: values)
    }
}
