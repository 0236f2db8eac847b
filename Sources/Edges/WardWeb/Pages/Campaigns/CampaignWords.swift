// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardConsent
import WardDelivery
import WardRender

/// What the campaigns' terms are called on pages.
enum CampaignWords {
    static func state(_ state: CampaignState, _ visit: Visit) -> StatusModel {
        switch state {
        case .draft: StatusModel(visit.words("draft"), .plain)
        case .scheduled: StatusModel(visit.words("scheduled"), .warn)
        case .sending: StatusModel(visit.words("sending"), .good)
        case .paused: StatusModel(visit.words("paused"), .warn)
        case .cancelled: StatusModel(visit.words("cancelled"), .bad)
        case .finished: StatusModel(visit.words("finished"), .good)
        }
    }

    static func sensitivities(_ visit: Visit, chosen: String?) -> [ChoiceModel] {
        Sensitivity.allCases.map { sensitivity in
            let help =
                switch sensitivity {
                case .routine: "Such as a flu-shot reminder. Verified TLS, else the portal."
                case .sensitive: "Such as a result or a bill. Verified TLS, else the portal."
                case .restricted:
                    "Such as substance use records. Their own key, or the portal with an agreed passphrase."
                }
            return ChoiceModel(
                sensitivity.rawValue,
                visit.words(sensitivityName(sensitivity)),
                help: visit.words(help),
                isChosen: sensitivity.rawValue == chosen
            )
        }
    }

    static func sensitivityName(_ sensitivity: Sensitivity) -> String {
        switch sensitivity {
        case .routine: "Routine"
        case .sensitive: "Sensitive"
        case .restricted: "Restricted"
        }
    }

    static func className(_ messageClass: MessageClass) -> String {
        switch messageClass {
        case .treatment: "Treatment"
        case .careCoordination: "Care coordination"
        case .refillReminder: "Refill reminder"
        case .ownService: "Own service or benefit"
        case .administrative: "Administrative"
        case .marketing: "Marketing"
        case .fundraising: "Fundraising"
        case .portalNotice: "Portal notice"
        case .staff: "To staff"
        case .transportReport: "Report about TLS"
        }
    }

    static func method(_ method: SendMethod?, _ visit: Visit) -> String? {
        method.map { visit.words($0.title) }
    }

    static func subjects(_ visit: Visit, chosen: MessageSubject?) -> [ChoiceModel] {
        MessageSubject.allCases.map { subject in
            let label =
                switch subject {
                case .treatment: "The person’s own treatment"
                case .careCoordination: "Coordination of care, or alternative treatments"
                case .ownService: "Our own service, or a benefit of our plan"
                case .administration: "Appointments, bills or notices"
                case .somebodyElse: "A product or service of somebody else"
                }
            return ChoiceModel(subject.rawValue, visit.words(label), isChosen: subject == chosen)
        }
    }

    static func payments(_ visit: Visit, chosen: ThirdPartyPayment?) -> [ChoiceModel] {
        ThirdPartyPayment.allCases.map { payment in
            let label =
                switch payment {
                case .none: "Nobody else"
                case .costBased: "Somebody else, no more than its cost"
                case .paid: "Somebody else, more than its cost"
                }
            return ChoiceModel(payment.rawValue, visit.words(label), isChosen: payment == chosen)
        }
    }

    static func yesNo(_ visit: Visit, chosen: Bool?) -> [ChoiceModel] {
        [
            ChoiceModel("no", visit.words("No"), isChosen: chosen == false),
            ChoiceModel("yes", visit.words("Yes"), isChosen: chosen == true),
        ]
    }
}

/// A question with its choices, as radio buttons.
struct QuestionModel: Sendable {
    let questionLabel: String
    let choiceGroup: String
    let choices: [ChoiceModel]
}
