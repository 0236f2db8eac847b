// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct PasswordContent: PageModel {
    static let template = "account/password"

    let summary: ErrorSummary?
    let isForced: Bool
    let current: FieldModel
    let new: FieldModel
}

enum PasswordPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(page(visit)) }

    static func change(_ visit: Visit) async throws -> Reply {
        let outcome = try await visit.facades.identity.changePassword(
            current: visit.form.secret("current"),
            new: visit.form.secret("new"),
            by: try visit.requester,
            from: visit.origin
        )
        switch outcome {
        case .changed: return .seeOther(visit.path("account"))
        case .refused(let problem):
            return .page(page(visit, newError: visit.words(problem.description)), status: 422)
        case .currentPasswordWrong:
            return .page(page(visit, currentError: visit.words("This is not your current password.")), status: 422)
        case .delayed(let until):
            let time = visit.times.clockWithSeconds(until)
            let text = visit.words("There were too many attempts. The next one is taken at {time}.", ["time": time])
            return .page(page(visit, currentError: text), status: 429)
        case .stopped:
            let text = visit.words("There were too many attempts. Ask an administrator for a new link.")
            return .page(page(visit, currentError: text), status: 429)
        }
    }

    private static func page(_ visit: Visit, currentError: String? = nil, newError: String? = nil) -> Page {
        let words = visit.words
        let errors = [("current", currentError), ("new", newError)]
        let content = PasswordContent(
            summary: ErrorSummary(words, errors.compactMap { field, text in text.map { (field, $0) } }),
            isForced: visit.session?.mustChangePassword ?? false,
            current: FieldModel(
                "current",
                words("Current password"),
                .password,
                error: currentError,
                autocomplete: "current-password"
            ),
            new: FieldModel(
                "new",
                words("New password"),
                .password,
                help: words("At least 15 characters. A few words with spaces between them are easy to remember."),
                error: newError,
                autocomplete: "new-password"
            )
        )
        let lede = words("Your other sessions end when the password changes.")
        return Page(words("Change your password"), .staff(section: .settings), lede: lede, content: content)
    }
}
