// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardPortal
import WardRender

struct ConversationContent: PageModel {
    static let template = "portal/conversation"

    struct Message: Sendable {
        let author: String
        let isOwn: Bool
        let written: MomentModel
        let subject: String?
        let bodyMarkup: Markup
        let files: [FileModel]
    }

    let messages: [Message]
    let summary: ErrorSummary?
    let mayAnswer: Bool
    let answerIdentifier: String
    let typed: String
    let problem: String?
    let keptUntil: String?
    let isKept: Bool
}

/// A recognised person reads and answers.
enum ConversationPages {
    static func read(_ visit: Visit) async throws -> Reply {
        guard let token = token(visit), case .answered(let conversation) = try await open(token, visit) else {
            return over(visit)
        }
        return .page(page(visit, conversation, isKept: visit.query.has("kept")))
    }

    static func answer(_ visit: Visit) async throws -> Reply {
        let typed = try visit.form.text("answer")
        // Nobody's files are read before it is known whose they are.
        guard let token = token(visit), try await visit.facades.portal.isOn(visit: token) else { return over(visit) }
        let files = try await FileModel.uploaded(visit)
        guard
            let identifier = PortalMessageID(try visit.form.text("identifier")),
            case .answered(let outcome) = try await visit.facades.portal.answer(
                typed,
                files: files,
                identifier: identifier,
                visit: token,
                networkAddress: visit.origin.networkAddress
            )
        else { return over(visit) }
        let problem: String
        switch outcome {
        case .kept: return .seeOther(visit.path("message", query: [("kept", "1")]))
        case .refused(.empty): problem = visit.words("Write your answer.")
        case .refused(.tooLong): problem = visit.words("Your answer is too long. Make it shorter, or call us.")
        case .tooMany: problem = visit.words("You have written many answers today. Call us for the rest.")
        case .gone: return .seeOther(visit.path("message"))
        }
        guard case .answered(let conversation) = try await open(token, visit) else { return over(visit) }
        return .page(page(visit, conversation, typed: typed, problem: problem), status: 422)
    }

    static func attachment(_ visit: Visit) async throws -> Reply {
        let message: PortalMessageID = try visit.identifier("message")
        guard let position = visit.parameters["file"].flatMap({ Int($0) }) else { throw NotFound() }
        guard let token = token(visit),
            case .answered(let found) = try await visit.facades.portal.attachment(
                position,
                of: message,
                visit: token,
                networkAddress: visit.origin.networkAddress
            )
        else { return over(visit) }
        guard let found else { throw NotFound() }
        return .download(file: found.facts.fileName, found.content.expose(for: .disclosing) { $0 })
    }

    static func signOut(_ visit: Visit) async throws -> Reply {
        if let token = token(visit) {
            try await visit.facades.portal.signOut(visit: token, networkAddress: visit.origin.networkAddress)
        }
        return Reply.seeOther(visit.path("message", "closed")).closingSession()
    }

    static func closed(_ visit: Visit) async throws -> Reply {
        .page(
            RecognitionPages.note(
                visit,
                visit.words("You are signed out"),
                [visit.words("To read the message again, follow the link in the e-mail.")]
            )
        )
    }

    private static func token(_ visit: Visit) -> PortalToken? {
        guard let token = visit.patientToken.flatMap({ PortalToken($0) }), token.organization == visit.organization.id
        else { return nil }
        return token
    }

    private static func open(_ token: PortalToken, _ visit: Visit) async throws -> VisitAnswer<Conversation> {
        try await visit.facades.portal.read(visit: token, networkAddress: visit.origin.networkAddress)
    }

    private static func over(_ visit: Visit) -> Reply {
        .page(
            RecognitionPages.note(
                visit,
                visit.words("You were signed out"),
                [
                    visit.words("This happens after half an hour, to protect your information."),
                    visit.words("To read the message again, follow the link in the e-mail."),
                ]
            ),
            status: 401
        )
        .closingSession()
    }

    private static func page(
        _ visit: Visit,
        _ conversation: Conversation,
        isKept: Bool = false,
        typed: String = "",
        problem: String? = nil
    ) -> Page {
        let messages = conversation.messages.map { message in
            message.content.expose(for: .disclosing) { content in
                ConversationContent.Message(
                    author: message.direction == .fromPerson ? visit.words("You") : content.author,
                    isOwn: message.direction == .fromPerson,
                    written: visit.moment(message.writtenAt),
                    subject: content.subject.isEmpty ? nil : content.subject,
                    bodyMarkup: .paragraphs(content.text),
                    files: FileModel.list(message.files, visit) { file in
                        visit.path("message", "\(message.id)", "files", "\(file.position)")
                    }
                )
            }
        }
        let kept = conversation.keptUntil.map { visit.times.longDay(visit.times.date(of: $0)) }
        let content = ConversationContent(
            messages: messages,
            summary: ErrorSummary(visit.words, problem.map { [("answer", $0)] } ?? []),
            mayAnswer: conversation.mayAnswer,
            answerIdentifier: "\(visit.surroundings.makeIdentifier(PortalMessageTag.self))",
            typed: typed,
            problem: problem,
            keptUntil: kept.map { visit.words("This message is kept until {day}.", ["day": $0]) },
            isKept: isKept
        )
        let title = messages.last { !$0.isOwn }?.subject ?? visit.words("Your message")
        var page = Page(title, .patient, content: content)
        page.windowTitle = visit.words("Your message")
        return page
    }
}
