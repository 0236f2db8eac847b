// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardConsent
import WardKernel

@testable import WardDelivery

@Suite struct DecisionEncodingTests {
    private func decisions() throws -> [GateDecision] {
        let sender = MailSender(name: "x", address: try #require(EmailAddress(verbatim)))
        let organization = OrganizationID(high: 1, low: 2)
        var found: [GateDecision] = []
        for (number, domain) in ["a.example", "b.example", "a.example", "a.example", "c.example"].enumerated() {
            var terms = MessageTerms(messageClass: .treatment, sensitivity: .routine, sender: sender)
            if number > 2 { terms.sensitivity = .sensitive }
            let subject = GateSubject(
                organization: organization,
                recipient: .contact(ContactID(high: 3, low: UInt64(number))),
                address: try #require(EmailAddress("p\(number)@" + domain)),
                terms: terms,
                now: Timestamp(seconds: 1_795_500_000 + Int64(number / 2))
            )
            let answer: GateAnswer =
                number % 2 == 0 ? .allows([.portal, .verifiedTLS], note: "n\"x") : .holds(.contentReview, until: nil)
            found.append(
                GateDecision(
                    verdict: number % 2 == 0 ? .cleared(.portal) : .hold(.contentReview, until: subject.now),
                    answers: [
                        AnsweredQuestion(question: .transport, answer: answer),
                        AnsweredQuestion(question: .contentScan, answer: .passes(note: "nothing_found")),
                    ],
                    methodOrder: number < 4 ? [.portal, .verifiedTLS] : [.smime],
                    decidedAt: subject.now,
                    inputs: number == 3 ? nil : DecisionInputs(subject)
                )
            )
        }
        return found
    }

    private let verbatim = "messages@lakeside.example"

    @Test func `what is written in parts is read as the decision that it was, also when a part is the one before`()
        throws
    {
        let decisions = try decisions()
        var encoding = DecisionEncoding()
        for decision in decisions + decisions.reversed() + decisions {
            let octets = try encoding.octets(of: decision)
            #expect(try JSONDecoder().decode(GateDecision.self, from: Data(octets)) == decision)
            let whole = try JSONSerialization.jsonObject(with: JSONEncoder().encode(decision)) as? NSDictionary
            let parts = try JSONSerialization.jsonObject(with: Data(octets)) as? NSDictionary
            #expect(parts?.allKeys.count == whole?.allKeys.count)
        }
    }
}
