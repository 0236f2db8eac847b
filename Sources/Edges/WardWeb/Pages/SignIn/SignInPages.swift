// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct SignInContent: PageModel {
    static let template = "signin/sign-in"

    let summary: ErrorSummary?
    let email: FieldModel
    let password: FieldModel
    let next: String?
    let isDemonstration: Bool
}

enum SignInPages {
    static func show(_ visit: Visit) async throws -> Reply {
        if visit.session != nil { return .seeOther(visit.path()) }
        return .page(page(visit, next: try visit.query.optional("next").flatMap(LocalPath.init)))
    }

    static func signIn(_ visit: Visit) async throws -> Reply {
        let next = try visit.form.optional("next").flatMap(LocalPath.init)
        let email = try visit.form.text("email")
        let outcome = try await visit.facades.identity.signIn(
            email: Sensitive(email),
            password: visit.form.secret("password"),
            of: visit.organization.id,
            from: visit.origin
        )
        switch outcome {
        case .signedIn(let session): return Reply.seeOther(destination(next, visit)).opening(session)
        case .refused:
            let text = visit.words("E-mail address and password do not belong together. Check both.")
            return .page(page(visit, next: next, problem: text, email: email), status: 422)
        case .delayed(let until):
            return .page(page(visit, next: next, problem: waitText(visit, until), email: email), status: 429)
        case .stopped:
            let text = visit.words("There were too many attempts. Ask an administrator for a new link.")
            return .page(page(visit, next: next, problem: text, email: email), status: 429)
        }
    }

    static func waitText(_ visit: Visit, _ until: Timestamp) -> String {
        let time = visit.times.clockWithSeconds(until)
        return visit.words("There were too many attempts. The next one is taken at {time}.", ["time": time])
    }

    /// The form; also what any other page answers, with status 401, to somebody who is not signed in.
    static func page(
        _ visit: Visit,
        next: LocalPath?,
        timedOut: Bool = false,
        problem: String? = nil,
        email: String = ""
    ) -> Page {
        let words = visit.words
        let content = SignInContent(
            summary: ErrorSummary(words, problem.map { [("email", $0)] } ?? []),
            email: FieldModel("email", words("E-mail address"), .email, value: email, autocomplete: "username"),
            password: FieldModel("password", words("Password"), .password, autocomplete: "current-password"),
            next: next.flatMap { isOurs($0, visit) ? $0.text : nil },
            isDemonstration: visit.settings.isDemonstration
        )
        let lede = timedOut ? words("You were signed out because nothing happened for a while.") : nil
        return Page(words("Sign in"), .plain, lede: lede, content: content)
    }

    private static func destination(_ next: LocalPath?, _ visit: Visit) -> LocalPath {
        guard let next, isOurs(next, visit) else { return visit.path() }
        return next
    }

    private static func isOurs(_ path: LocalPath, _ visit: Visit) -> Bool {
        path.text == visit.base || path.text.hasPrefix(visit.base + "/") || path.text.hasPrefix(visit.base + "?")
    }
}
