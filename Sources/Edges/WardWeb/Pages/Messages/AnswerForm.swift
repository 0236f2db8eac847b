// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardDelivery
import WardIdentity
import WardKernel
import WardPortal
import WardRender

/// What the writer of an answer may say of it beside its sensitivity.
struct AnswerFormContent: Sendable {
    let isTimeCritical: Bool
    let requests: [ChoiceModel]
    let hasRequests: Bool
    let mayLower: Bool
    let isLowering: Bool
    let isFree: Bool
    let why: FieldModel
}

/// The part of an answer's form about lowering, haste and the request that it answers.
enum AnswerForm {
    enum Wishes {
        case said(AnswerWishes)
        /// A statement without its reason, or a reason without the statement.
        case incomplete((field: String, text: String))
    }

    static func wishes(_ visit: Visit) throws -> Wishes {
        let isFree = visit.form.all("free").first == "yes"
        let why = visit.form.all("why").first ?? ""
        let hasReason = !why.allSatisfy(\.isWhitespace)
        if isFree, !hasReason {
            return .incomplete(("why", visit.words("Say why it needs no protection. It is kept in the audit log.")))
        }
        if hasReason, !isFree {
            return .incomplete(
                ("free", visit.words("State that it contains no health information, or take the reason out."))
            )
        }
        if isFree { try visit.requester.require(.lowerSensitivity) }
        return .said(
            AnswerWishes(
                lowering: isFree ? SensitivityLowering(reason: Sensitive(why), attestsNoPHI: true) : nil,
                isTimeCritical: visit.form.all("critical").first == "yes",
                answersRequest: visit.form.all("request").first.flatMap { UnencryptedRequestID($0) }
            )
        )
    }

    static func content(_ visit: Visit, _ contact: ContactID) async throws -> AnswerFormContent {
        let requester = try visit.requester
        let open =
            requester.may(.viewConsent)
            ? try await visit.facades.consent.unencryptedRequests(of: contact, by: requester).filter(\.awaitsAnswer)
            : []
        let chosen = visit.form.all("request").first ?? ""
        let why = visit.form.all("why").first ?? ""
        let isFree = visit.form.all("free").first == "yes"
        return AnswerFormContent(
            isTimeCritical: visit.form.all("critical").first == "yes",
            requests: [ChoiceModel("", visit.words("none"), isChosen: chosen.isEmpty)]
                + open.map { request in
                    ChoiceModel(
                        "\(request.id)",
                        visit.words(
                            "asked {way}, {time}",
                            ["way": visit.words(request.way.title), "time": visit.times.moment(request.askedAt)]
                        ),
                        isChosen: chosen == "\(request.id)"
                    )
                },
            hasRequests: !open.isEmpty,
            mayLower: requester.may(.lowerSensitivity),
            isLowering: isFree || !why.isEmpty,
            isFree: isFree,
            why: FieldModel(
                "why",
                visit.words("Why? It is kept in the audit log."),
                value: why,
                isRequired: false,
                isOptional: false,
                maxLength: 500
            )
        )
    }
}
