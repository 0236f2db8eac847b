// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct WelcomeContent: PageModel {
    static let template = "signin/welcome"

    let summary: ErrorSummary?
    let personName: String
    let personEmail: String
    let password: FieldModel
    let repetition: FieldModel
}

struct DeadLinkContent: PageModel {
    static let template = "signin/dead-link"
    let text: String
}

/// Setting a password through a one-time link. Looking at the page does not use the link up: mail scanners look, too.
enum WelcomePages {
    static func show(_ visit: Visit) async throws -> Reply {
        let token = visit.parameters["token"] ?? ""
        switch try await visit.facades.identity.state(ofLink: token, of: visit.organization.id) {
        case .valid(let name, let email): return .page(page(visit, name: name, email: email))
        case let state: return .page(deadLink(visit, state), status: 410)
        }
    }

    static func setPassword(_ visit: Visit) async throws -> Reply {
        let token = visit.parameters["token"] ?? ""
        let identity = visit.facades.identity
        let password = try visit.form.secret("password")
        guard case .valid(let name, let email) = try await identity.state(ofLink: token, of: visit.organization.id)
        else { return try await show(visit) }
        guard password == (try visit.form.secret("repetition")) else {
            let text = visit.words("The two passwords differ. Type the same one twice.")
            return .page(page(visit, name: name, email: email, repetitionError: text), status: 422)
        }
        let outcome = try await identity.setPassword(
            link: token,
            password: password,
            of: visit.organization.id,
            from: visit.origin
        )
        switch outcome {
        case .set(let session): return Reply.seeOther(visit.path()).opening(session)
        case .refused(let problem):
            let text = visit.words(problem.description)
            return .page(page(visit, name: name, email: email, passwordError: text), status: 422)
        case .linkNotValid(let state): return .page(deadLink(visit, state), status: 410)
        }
    }

    private static func page(
        _ visit: Visit,
        name: String,
        email: String,
        passwordError: String? = nil,
        repetitionError: String? = nil
    ) -> Page {
        let words = visit.words
        let errors = [("password", passwordError), ("repetition", repetitionError)]
        let content = WelcomeContent(
            summary: ErrorSummary(words, errors.compactMap { field, text in text.map { (field, $0) } }),
            personName: name,
            personEmail: email,
            password: FieldModel(
                "password",
                words("New password"),
                .password,
                help: words("At least 15 characters. A few words with spaces between them are easy to remember."),
                error: passwordError,
                autocomplete: "new-password"
            ),
            repetition: FieldModel(
                "repetition",
                words("The same password again"),
                .password,
                error: repetitionError,
                autocomplete: "new-password"
            )
        )
        return Page(words("Choose a password"), .plain, content: content)
    }

    private static func deadLink(_ visit: Visit, _ state: LinkState) -> Page {
        switch state {
        case .expired: deadLink(visit, "This link has expired. Ask an administrator for a new one.")
        case .used: deadLink(visit, "This link was used already. If that was not you, tell an administrator at once.")
        case .unknown, .valid: deadLink(visit, "This link is not known here. Check that it was copied whole.")
        }
    }

    /// The page for a link that does nothing (any more).
    /// - Parameter text: a text of the catalogue.
    static func deadLink(_ visit: Visit, _ text: String) -> Page {
        Page(visit.words("This link does not work"), .plain, content: DeadLinkContent(text: visit.words(text)))
    }
}
