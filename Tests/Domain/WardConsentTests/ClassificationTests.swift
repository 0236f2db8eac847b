// SPDX-License-Identifier: Apache-2.0

import Testing
import WardConsent

@Suite struct ClassificationTests {
    private func answers(
        fundraising: Bool? = false,
        refill: Bool? = false,
        encourages: Bool? = false,
        subject: MessageSubject? = .treatment,
        payment: ThirdPartyPayment? = ThirdPartyPayment.none
    ) -> ClassificationAnswers {
        ClassificationAnswers(
            isFundraising: fundraising,
            isRefillReminder: refill,
            encouragesPurchase: encourages,
            subject: subject,
            payment: payment
        )
    }

    @Test func `nothing answered is unclassified and asks the first question`() {
        #expect(ClassificationAnswers().classification == .unclassified(next: .fundraising))
        #expect(answers(payment: nil).classification == .unclassified(next: .payment))
        #expect(answers(encourages: nil).classification == .unclassified(next: .encouragesPurchase))
        #expect(answers(subject: nil).classification == .unclassified(next: .subject))
    }

    @Test func `payment by a third party makes a treatment campaign marketing`() {
        #expect(answers().classification.messageClass == .treatment)
        #expect(answers(payment: .paid).classification == .classified(.marketing, .paidByThirdParty))
        #expect(answers(payment: .costBased).classification == .classified(.marketing, .paidByThirdParty))
    }

    @Test func `a refill reminder may be paid for up to its cost`() {
        #expect(answers(refill: true).classification.messageClass == .refillReminder)
        #expect(answers(refill: true, payment: .costBased).classification.messageClass == .refillReminder)
        #expect(answers(refill: true, payment: .paid).classification == .classified(.marketing, .refillPaidAboveCost))
    }

    @Test func `somebody else's product is marketing when it is encouraged`() {
        #expect(answers(encourages: true, subject: .somebodyElse).classification.messageClass == .marketing)
        #expect(answers(encourages: true, subject: .administration).classification.messageClass == .marketing)
        #expect(answers(subject: .administration).classification.messageClass == .administrative)
        #expect(answers(encourages: true, subject: .ownService).classification.messageClass == .ownService)
    }

    @Test func `whatever is answered, paid mail that asks for no donation is marketing or a refill reminder`() {
        for refill in [true, false] {
            for encourages in [true, false] {
                for subject in MessageSubject.allCases {
                    for payment in ThirdPartyPayment.allCases where payment != .none {
                        let made = answers(refill: refill, encourages: encourages, subject: subject, payment: payment)
                        let expected: MessageClass = refill && payment == .costBased ? .refillReminder : .marketing
                        #expect(made.classification.messageClass == expected)
                    }
                }
            }
        }
    }

    @Test func `only marketing needs an authorization, and no consent replaces it`() {
        #expect(MessageClass.allCases.filter(\.needsAuthorization) == [.marketing])
        #expect(MessageClass.allCases.filter(\.needsConsent) == [.ownService, .marketing])
        #expect(MessageClass.portalNotice.purpose == nil)
        #expect(!MessageClass.portalNotice.isChosenByStaff)
    }
}
