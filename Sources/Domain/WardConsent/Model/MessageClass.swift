// SPDX-License-Identifier: Apache-2.0

/// What a message is for, in the terms of 45 CFR 164.501 (hipaa/rules.md 6.4). A message without a class is not sent.
package enum MessageClass: String, CaseIterable, Sendable, Codable, Hashable {
    /// About the person's own treatment.
    case treatment
    /// Case management, care coordination, alternative treatments.
    case careCoordination = "care_coordination"
    /// A refill reminder, or about a drug that is currently prescribed.
    case refillReminder = "refill_reminder"
    /// A product or service of one's own, or a benefit of one's own plan.
    case ownService = "own_service"
    /// Appointments, bills, notices of privacy practices: nothing is encouraged.
    case administrative
    /// Marketing: needs the person's authorization (164.508(a)(3)).
    case marketing
    /// Fundraising (164.514(f)): needs no consent, has an opt-out of its own.
    case fundraising
    /// The content-free notice that a message waits in the portal.
    case portalNotice = "portal_notice"
    /// To a member of staff about their own account or their own test.
    case staff
    /// A day's counts of connections, to the owner of the domain that they were made to (RFC 8460): about servers, to nobody
    /// who is on record.
    case transportReport = "transport_report"

    /// What a person agrees to or turns down. Nil where nobody is asked: a notice follows the message it announces.
    package var purpose: Purpose? {
        switch self {
        case .treatment, .careCoordination, .refillReminder: .care
        case .ownService: .services
        case .administrative: .administrative
        case .marketing: .marketing
        case .fundraising: .fundraising
        case .portalNotice, .staff, .transportReport: nil
        }
    }

    /// Whether mail of this class is commercial in the sense of 16 CFR 316.3: postal address and opt-out are required.
    package var isCommercial: Bool {
        switch self {
        case .ownService, .marketing, .fundraising: true
        case .treatment, .careCoordination, .refillReminder, .administrative: false
        case .portalNotice, .staff, .transportReport: false
        }
    }

    /// Whether the class needs a recorded agreement of the person beforehand. The others may be turned down at any time.
    package var needsConsent: Bool { self == .ownService || self == .marketing }

    /// Whether the class needs a valid marketing authorization at the moment of sending.
    package var needsAuthorization: Bool { self == .marketing }

    /// Whether staff may choose it for a campaign or message; the rest is made by the platform alone.
    package var isChosenByStaff: Bool { !isWithoutContent }

    /// Whether it is made by the platform, without anything about a person's health.
    package var isWithoutContent: Bool { self == .portalNotice || self == .staff || self == .transportReport }
}

/// What a person agrees to or turns down; holds per person, whatever address is used.
package enum Purpose: String, CaseIterable, Sendable, Codable, Hashable {
    /// Treatment, care coordination, refill reminders.
    case care
    /// Appointments, bills, notices.
    case administrative
    /// Own services and plan benefits.
    case services
    /// Marketing; beside the authorization that the law asks for.
    case marketing
    case fundraising

    /// The classes that this purpose covers.
    package var classes: [MessageClass] { MessageClass.allCases.filter { $0.purpose == self } }
}

/// How a person is reached.
package enum Channel: String, CaseIterable, Sendable, Codable, Hashable {
    case email, text, phone, mail
}
