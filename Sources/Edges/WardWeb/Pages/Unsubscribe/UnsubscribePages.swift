// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardIdentity
import WardKernel
import WardRender

struct UnsubscribeContent: PageModel {
    static let template = "unsubscribe/ask"

    let question: String
    let address: String
}

/// Unsubscribing: a GET asks, a POST does it, from the page's button or the mail program's (RFC 8058). The page names the
/// kind of mail in general words, never a list or a campaign.
enum UnsubscribePages {
    static func ask(_ visit: Visit) async throws -> Reply {
        guard let token = token(visit), let offer = try await visit.facades.consent.offer(for: token) else {
            return unknown(visit)
        }
        if offer.isAlreadyDone { return .page(done(visit, offer.purpose)) }
        let content = UnsubscribeContent(
            question: visit.words(question(offer.purpose), ["organization": visit.organization.name]),
            address: visit.base + "/u/" + (visit.parameters["token"] ?? "")
        )
        return .page(Page(visit.words("Unsubscribe"), .patient, content: content))
    }

    static func unsubscribe(_ visit: Visit) async throws -> Reply {
        guard let token = token(visit) else { return unknown(visit) }
        // The page's own form says so; everything else comes from a mail program.
        let isFromPage = try visit.form.optional("from") == "page"
        let source: ConsentSource = isFromPage ? .unsubscribeLink : .oneClick
        switch try await visit.facades.consent.unsubscribe(with: token, source: source) {
        case .unsubscribed(let purpose, _), .already(let purpose, _): return .page(done(visit, purpose))
        case .unknown: return unknown(visit)
        }
    }

    private static func token(_ visit: Visit) -> UnsubscribeToken? {
        guard let token = visit.parameters["token"].flatMap({ UnsubscribeToken($0) }),
            token.organization == visit.organization.id
        else { return nil }
        return token
    }

    private static func question(_ purpose: Purpose) -> String {
        switch purpose {
        case .care: "Do you no longer want e-mail about your care from {organization}?"
        case .administrative: "Do you no longer want e-mail about appointments and bills from {organization}?"
        case .services: "Do you no longer want e-mail about services of {organization}?"
        case .marketing: "Do you no longer want advertising by e-mail from {organization}?"
        case .fundraising: "Do you no longer want e-mail that asks for donations to {organization}?"
        }
    }

    private static func done(_ visit: Visit, _ purpose: Purpose) -> Page {
        RecognitionPages.note(
            visit,
            visit.words("You are unsubscribed"),
            [
                visit.words("You will get no more e-mail of this kind from us. It takes effect now."),
                visit.words("We may still write to you about other things, such as your care."),
            ]
        )
    }

    private static func unknown(_ visit: Visit) -> Reply {
        .page(
            RecognitionPages.note(
                visit,
                visit.words("This link does not work"),
                [visit.words("It may have been copied in part. Call us, and we will unsubscribe you.")]
            ),
            status: 404
        )
    }
}
