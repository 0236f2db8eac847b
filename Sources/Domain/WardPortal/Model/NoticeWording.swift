// SPDX-License-Identifier: Apache-2.0
//
// The notice that a message waits. It says who wrote and where to read, and nothing else (hipaa/rules.md 6.1):
//
// - the subject, the text and the sender's name hold the organization's name, the link and the day until which it works;
// - they are the same for a flu-shot reminder and for a diagnosis, whatever the sensitivity, campaign or author;
// - the function below takes no message, so that nothing of one can get in.

import Foundation
import WardDelivery
import WardKernel

enum NoticeWording {
    /// The notice's mail in both forms, with a link that carries a token.
    static func make(
        organization: PortalOrganization,
        language: PortalLanguage,
        link: String,
        expiresAt: Timestamp
    ) -> PortalNotice {
        let words = Words(language: language, organization: organization.oneLineName)
        let day = words.day(LocalDay.of(expiresAt, in: organization.timeZone))
        let paragraphs = [words.waiting, words.question, words.until(day), words.care]
        let text = [words.waiting, words.open, link, words.question, words.until(day), words.care]
            .joined(separator: "\n\n")
        let button = "<a href=\"\(Markup.escaped(link))\">\(Markup.escaped(words.open))</a>"
        let body = paragraphs.enumerated().map { index, paragraph in
            "<p>\(Markup.escaped(paragraph))</p>" + (index == 0 ? "\n<p><strong>\(button)</strong></p>" : "")
        }
        let html = """
            <!doctype html>
            <html lang="\(language.rawValue)">
            <head><meta charset="utf-8"><title>\(Markup.escaped(words.subject))</title></head>
            <body style="font-family: system-ui, sans-serif; font-size: 18px; line-height: 28px">
            \(body.joined(separator: "\n"))
            </body>
            </html>
            """
        return PortalNotice(subject: words.subject, text: text + "\n", html: html)
    }

    /// The subject of an answer by staff: it says no more than a notice's.
    static func answerSubject(organization: PortalOrganization, language: PortalLanguage) -> String {
        Words(language: language, organization: organization.oneLineName).answer
    }

    private struct Words {
        var language: PortalLanguage
        var organization: String

        private func pick(_ english: String, _ spanish: String) -> String {
            language == .english ? english : spanish
        }

        var subject: String {
            pick("You have a message from \(organization)", "Tiene un mensaje de \(organization)")
        }
        var answer: String {
            pick("An answer from \(organization)", "Una respuesta de \(organization)")
        }
        var waiting: String {
            pick(
                "\(organization) has sent you a message. To keep it private, it is not in this e-mail.",
                "\(organization) le ha enviado un mensaje. Para que sea privado, no está en este correo."
            )
        }
        var open: String { pick("Read the message", "Leer el mensaje") }
        var question: String {
            pick(
                "You do not need an account. We will ask one question to make sure that it is you.",
                "No necesita una cuenta. Le haremos una pregunta para saber que es usted."
            )
        }
        func until(_ day: String) -> String {
            pick("The link works until \(day).", "El enlace funciona hasta el \(day).")
        }
        var care: String {
            pick(
                "If you did not expect this, call us at the number that you already have. We never ask for a password "
                    + "by e-mail.",
                "Si no esperaba este mensaje, llámenos al número que ya tiene. Nunca pedimos una contraseña por correo."
            )
        }

        func day(_ date: CalendarDate) -> String {
            let english = [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            ]
            let spanish = [
                "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                "noviembre", "diciembre",
            ]
            return pick(
                "\(english[date.month - 1]) \(date.day), \(date.year)",
                "\(date.day) de \(spanish[date.month - 1]) de \(date.year)"
            )
        }
    }
}

extension PortalOrganization {
    /// The name without line ends and control characters, as a subject may hold it.
    var oneLineName: String {
        let scalars = name.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }
        return scalars.joined().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Where a link's token is followed.
    func address(of link: PortalToken) -> String { patientOrigin + "/m/" + link.secretText }
}

/// The day on which a moment falls in a time zone; in UTC where the system does not know the zone.
enum LocalDay {
    static func of(_ moment: Timestamp, in zone: String) -> CalendarDate {
        let seconds = moment.microseconds / 1_000_000
        let offset = TimeZone(identifier: zone)?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) ?? 0
        let local = Double(seconds + Int64(offset)) / 86_400
        return CalendarDate(daysSince1970: Int(local.rounded(.down)))
    }
}

/// Text as it may stand in HTML.
enum Markup {
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }.joined()
    }
}
