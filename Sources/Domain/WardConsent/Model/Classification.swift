// SPDX-License-Identifier: Apache-2.0
//
// The decision of hipaa/rules.md 6.4 (45 CFR 164.501 "marketing", 164.508(a)(3), 164.514(f)), as a pure function:
//
//     fundraising? ──yes──► fundraising
//         │no
//     refill reminder or current drug? ──yes──► paid: none or cost-based ──► refill reminder;  more ──► marketing
//         │no
//     paid by a third party (cost-based included)? ──yes──► marketing
//         │no
//     encourages buying or using? ──no──► by what it is about (nothing in particular: administrative)
//         │yes
//     about treatment, care coordination, own service? ──yes──► that class;  else ──► marketing
//
// Payment counts also where nothing is encouraged: the rule names only communications that encourage, yet a payment is
// the surest sign that somebody wants to encourage; the stricter reading costs an authorization, the other a violation.

/// Whether somebody else pays for the message (164.501, "financial remuneration").
package enum ThirdPartyPayment: String, CaseIterable, Sendable, Codable, Hashable {
    case none
    /// No more than the cost of making it.
    case costBased = "cost_based"
    case paid
}

/// What the message is about.
package enum MessageSubject: String, CaseIterable, Sendable, Codable, Hashable {
    case treatment
    case careCoordination = "care_coordination"
    case ownService = "own_service"
    /// Appointments, bills, notices.
    case administration
    /// A product or service of somebody else.
    case somebodyElse = "somebody_else"
}

/// The answers to the questions of 6.4; nil is not answered yet.
package struct ClassificationAnswers: Sendable, Codable, Hashable {
    package var isFundraising: Bool?
    package var isRefillReminder: Bool?
    package var encouragesPurchase: Bool?
    package var subject: MessageSubject?
    package var payment: ThirdPartyPayment?

    package init(
        isFundraising: Bool? = nil,
        isRefillReminder: Bool? = nil,
        encouragesPurchase: Bool? = nil,
        subject: MessageSubject? = nil,
        payment: ThirdPartyPayment? = nil
    ) {
        self.isFundraising = isFundraising
        self.isRefillReminder = isRefillReminder
        self.encouragesPurchase = encouragesPurchase
        self.subject = subject
        self.payment = payment
    }

    /// The class that follows, or what is still to be answered.
    package var classification: Classification {
        guard let isFundraising else { return .unclassified(next: .fundraising) }
        if isFundraising { return .classified(.fundraising, .fundraising) }
        guard let isRefillReminder else { return .unclassified(next: .refillReminder) }
        guard let payment else { return .unclassified(next: .payment) }
        if isRefillReminder {
            return payment == .paid
                ? .classified(.marketing, .refillPaidAboveCost) : .classified(.refillReminder, .refillReminder)
        }
        guard let encouragesPurchase else { return .unclassified(next: .encouragesPurchase) }
        guard let subject else { return .unclassified(next: .subject) }
        if payment != .none { return .classified(.marketing, .paidByThirdParty) }
        switch subject {
        case .treatment: return .classified(.treatment, .unpaidTreatment)
        case .careCoordination: return .classified(.careCoordination, .unpaidCareCoordination)
        case .ownService: return .classified(.ownService, .unpaidOwnService)
        case .administration where !encouragesPurchase: return .classified(.administrative, .encouragesNothing)
        case .somebodyElse where !encouragesPurchase: return .classified(.administrative, .encouragesNothing)
        case .administration, .somebodyElse: return .classified(.marketing, .encouragesPurchase)
        }
    }
}

/// A question of 6.4 that a person answers.
package enum ClassificationQuestion: String, CaseIterable, Sendable, Codable, Hashable {
    case fundraising
    case refillReminder = "refill_reminder"
    case payment
    case encouragesPurchase = "encourages_purchase"
    case subject

    /// The question in words.
    package var sentence: String {
        switch self {
        case .fundraising: "Does it ask for a donation?"
        case .refillReminder: "Is it a refill reminder, or about a drug that the person is prescribed now?"
        case .payment: "Does anyone else pay for it?"
        case .encouragesPurchase: "Does it encourage people to buy or use a product or service?"
        case .subject: "What is it about?"
        }
    }
}

/// The class of a message with the reason, or the question that comes next. Unclassified cannot be sent.
package enum Classification: Sendable, Codable, Hashable {
    case classified(MessageClass, ClassificationReason)
    case unclassified(next: ClassificationQuestion)

    package var messageClass: MessageClass? {
        if case .classified(let messageClass, _) = self { messageClass } else { nil }
    }
}

/// Why a message has its class.
package enum ClassificationReason: String, CaseIterable, Sendable, Codable, Hashable {
    case fundraising
    case refillReminder = "refill_reminder"
    case refillPaidAboveCost = "refill_paid_above_cost"
    case paidByThirdParty = "paid_by_third_party"
    case encouragesNothing = "encourages_nothing"
    case unpaidTreatment = "unpaid_treatment"
    case unpaidCareCoordination = "unpaid_care_coordination"
    case unpaidOwnService = "unpaid_own_service"
    case encouragesPurchase = "encourages_purchase"

    /// The reason in words, with its source.
    package var sentence: String {
        switch self {
        case .fundraising: "It asks for a donation (45 CFR 164.514(f))."
        case .refillReminder: "A refill reminder that nobody pays for beyond its cost is not marketing (164.501)."
        case .refillPaidAboveCost:
            "Somebody pays more than its cost, which makes a refill reminder marketing (164.501)."
        case .paidByThirdParty: "Somebody else pays for it, which makes it marketing (164.501)."
        case .encouragesNothing: "It encourages nobody to buy or use anything."
        case .unpaidTreatment: "It is about treatment and nobody pays for it (164.501)."
        case .unpaidCareCoordination: "It is about coordinating care and nobody pays for it (164.501)."
        case .unpaidOwnService: "It is about your own service and nobody pays for it (164.501)."
        case .encouragesPurchase: "It encourages people to buy or use a product or service (164.501)."
        }
    }
}
