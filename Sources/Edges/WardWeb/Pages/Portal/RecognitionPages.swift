// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardPortal
import WardRender

struct RecognitionContent: PageModel {
    static let template = "portal/recognise"

    let summary: ErrorSummary?
    let isBirthDate: Bool
    let problem: String?
    let month: String
    let day: String
    let year: String
    let address: String
}

struct PortalNoteContent: PageModel {
    static let template = "portal/note"

    let paragraphs: [String]
}

/// The page behind a notice's link, and the second step.
enum RecognitionPages {
    static func follow(_ visit: Visit) async throws -> Reply {
        guard let link = link(visit) else { return unknown(visit) }
        return reply(to: try await visit.facades.portal.follow(link), visit)
    }

    static func recognise(_ visit: Visit) async throws -> Reply {
        guard let link = link(visit) else { return unknown(visit) }
        let portal = visit.facades.portal
        guard case .ask(let fact, _) = try await portal.follow(link) else {
            return reply(to: try await portal.follow(link), visit)
        }
        guard let answer = try answer(visit, fact) else {
            let text =
                fact == .birthDate
                ? visit.words("Write your date of birth with month, day and year, such as 3 27 1980.")
                : visit.words("Write the passphrase.")
            return .page(page(visit, fact, problem: text), status: 422)
        }
        switch try await portal.recognise(answer, at: link, networkAddress: visit.origin.networkAddress) {
        case .recognised(let token, _):
            return Reply.seeOther(visit.path("message")).opening(patientVisit: Sensitive(token.secretText))
        case .wrong(let left, let fact, _):
            let text = visit.words(
                fact == .birthDate
                    ? "This is not the date that we have. You have {count} more {count|try|tries}."
                    : "This is not the passphrase that we have. You have {count} more {count|try|tries}.",
                count: left
            )
            return .page(page(visit, fact, problem: text), status: 422)
        case .refused(let answer): return reply(to: answer, visit)
        }
    }

    /// The link's token, if it is one of this organization.
    private static func link(_ visit: Visit) -> PortalToken? {
        guard let token = visit.parameters["link"].flatMap({ PortalToken($0) }),
            token.organization == visit.organization.id
        else { return nil }
        return token
    }

    private static func answer(_ visit: Visit, _ fact: RecognitionFact) throws -> RecognitionAnswer? {
        switch fact {
        case .birthDate:
            let day = try visit.form.text("day")
            let (month, year) = (try visit.form.text("month"), try visit.form.text("year"))
            return BirthDateAnswer(day: day, month: month, year: year).map { .birthDate($0.date) }
        case .passphrase:
            let typed = try visit.form.text("passphrase")
            return typed.isEmpty ? nil : .passphrase(typed)
        }
    }

    private static func reply(to answer: LinkAnswer, _ visit: Visit) -> Reply {
        switch answer {
        case .unknown: return unknown(visit)
        case .ask(let fact, _): return .page(page(visit, fact, problem: nil))
        case .expired:
            return .page(
                note(
                    visit,
                    visit.words("This message is no longer kept"),
                    [visit.words("Call us if you still need it. Use the number that you already have.")]
                ),
                status: 410
            )
        case .locked:
            return .page(
                note(
                    visit,
                    visit.words("We could not make sure that it is you"),
                    [
                        visit.words("To protect your information, this page is closed after five tries."),
                        visit.words("Call us at the number that you already have, and we will open it again."),
                    ]
                ),
                status: 403
            )
        case .notRecognisable:
            return .page(
                note(
                    visit,
                    visit.words("Please call us"),
                    [
                        visit.words("We have no way to make sure that it is you."),
                        visit.words(
                            "Call us at the number that you already have. We will tell you what the message says."
                        ),
                    ]
                ),
                status: 403
            )
        }
    }

    private static func unknown(_ visit: Visit) -> Reply {
        .page(
            note(
                visit,
                visit.words("This link does not work"),
                [
                    visit.words(
                        "It may have been copied in part, or the message was taken back. Call us if you are not sure."
                    )
                ]
            ),
            status: 404
        )
    }

    static func note(_ visit: Visit, _ title: String, _ paragraphs: [String]) -> Page {
        Page(title, .patient, content: PortalNoteContent(paragraphs: paragraphs))
    }

    private static func page(_ visit: Visit, _ fact: RecognitionFact, problem: String?) -> Page {
        func typed(_ name: String) -> String { visit.form.all(name).first ?? "" }
        let target = fact == .birthDate ? "month" : "passphrase"
        let content = RecognitionContent(
            summary: ErrorSummary(visit.words, problem.map { [(target, $0)] } ?? []),
            isBirthDate: fact == .birthDate,
            problem: problem,
            month: typed("month"),
            day: typed("day"),
            year: typed("year"),
            address: visit.base + "/m/" + (visit.parameters["link"] ?? "")
        )
        return Page(
            visit.words("You have a message"),
            .patient,
            lede: visit.words("First we ask one question, to make sure that it is you."),
            content: content
        )
    }
}
