// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardIdentity
import WardKernel
import WardPortal
import WardRender

struct ThreadContent: PageModel {
    static let template = "messages/thread"

    struct Message: Sendable {
        let author: String
        let isOwn: Bool
        let written: MomentModel
        let bodyMarkup: Markup
        let files: [FileModel]
        /// How it was protected on its way; nil where nothing is to be said.
        let protection: ProtectionModel?
        let state: StatusModel?
        let messageIdentifier: String
        let mayRetract: Bool
    }

    let threadIdentifier: String
    let personLabel: ProtectedValueModel
    let messages: [Message]
    let mayAnswer: Bool
    let summary: ErrorSummary?
    let typed: String
    /// Made with the form, so that a form sent twice is one answer.
    let answerIdentifier: String
    let sensitivities: [ChoiceModel]
    let choiceGroup: String
    /// What else the writer may say of the answer; nil for those who may not answer.
    let wishes: AnswerFormContent?
    let isHandled: Bool
    let isAssignedToMe: Bool
    let assigned: String?
    let isLocked: Bool
}

/// One conversation, and the answer to it.
enum ThreadPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let page = try await page(visit)
        guard let method = try visit.query.optional("sent").flatMap(SendMethod.init) else { return .page(page) }
        return .page(page.with(.init(text: visit.words(sentence(method)), tone: .good)))
    }

    static func answer(_ visit: Visit) async throws -> Reply {
        let thread: ThreadID = try visit.identifier("thread")
        guard let identifier = PortalMessageID(try visit.form.text("identifier")) else { throw NotFound() }
        let typed = try visit.form.text("answer")
        let sensitivity = Sensitivity(rawValue: try visit.form.text("sensitivity")) ?? .sensitive
        let files = try await FileModel.uploaded(visit)
        let wishes: AnswerWishes
        switch try AnswerForm.wishes(visit) {
        case .said(let said): wishes = said
        case .incomplete(let problem): return .page(try await page(visit, problem: problem), status: 422)
        }
        let outcome: ReplyOutcome
        do {
            outcome = try await visit.facades.portal.answer(
                thread,
                typed,
                files: files,
                identifier: identifier,
                author: visit.session?.name ?? visit.organization.name,
                sensitivity: sensitivity,
                wishes: wishes,
                requester: try visit.requester
            )
        } catch PortalError.noAddress {
            return try await again(visit, at: "answer", "This person has no e-mail address on record.")
        } catch DeliveryError.requestNotOpen {
            return try await again(visit, at: "request", "This request was answered or withdrawn before.")
        }
        switch outcome {
        case .sent(_, let method):
            return .seeOther(visit.path("messages", "\(thread)", query: [("sent", method.rawValue)]))
        case .alreadyKept: return .seeOther(visit.path("messages", "\(thread)"))
        case .held(_, let reason): return try await again(visit, "It waits: " + reason.sentence, .warn)
        case .notSent(_, let reason): return try await again(visit, "It was not sent. " + reason.sentence, .bad)
        case .refused(.empty): return try await again(visit, at: "answer", "Write your answer.")
        case .refused(.tooLong): return try await again(visit, at: "answer", "The answer is too long.")
        }
    }

    static func attachment(_ visit: Visit) async throws -> Reply {
        let message: PortalMessageID = try visit.identifier("message")
        guard let position = visit.parameters["file"].flatMap({ Int($0) }),
            let found = try await visit.facades.portal.attachment(
                position,
                of: message,
                requester: try visit.requester
            )
        else { throw NotFound() }
        return .download(file: found.facts.fileName, found.content.expose(for: .disclosing) { $0 })
    }

    static func mark(_ visit: Visit) async throws -> Reply {
        let thread: ThreadID = try visit.identifier("thread")
        let isHandled = try visit.form.text("handled") == "yes"
        try await visit.facades.portal.mark(thread, handled: isHandled, requester: try visit.requester)
        return .seeOther(isHandled ? visit.path("messages") : visit.path("messages", "\(thread)"))
    }

    static func assign(_ visit: Visit) async throws -> Reply {
        let thread: ThreadID = try visit.identifier("thread")
        let requester = try visit.requester
        let staff = try visit.form.text("to") == "me" ? StaffID(bytes: requester.identifier) : nil
        try await visit.facades.portal.assign(thread, to: staff, requester: requester)
        return .seeOther(visit.path("messages", "\(thread)"))
    }

    static func retract(_ visit: Visit) async throws -> Reply {
        let thread: ThreadID = try visit.identifier("thread")
        guard let message = PortalMessageID(try visit.form.text("message")) else { throw NotFound() }
        let reason = try visit.form.text("reason")
        do {
            try await visit.facades.portal.retract(message, reason: reason, requester: try visit.requester)
        } catch let error as PortalError {
            return .page(
                try await page(visit).with(.init(text: visit.words(error.description), tone: .bad)),
                status: 422
            )
        }
        return .seeOther(visit.path("messages", "\(thread)"))
    }

    private static func again(_ visit: Visit, at field: String, _ text: String) async throws -> Reply {
        .page(try await page(visit, problem: (field, visit.words(text))), status: 422)
    }

    private static func again(_ visit: Visit, _ text: String, _ tone: Page.Notice.Tone) async throws -> Reply {
        .page(try await page(visit).with(.init(text: visit.words(text), tone: tone)))
    }

    private static func sentence(_ method: SendMethod) -> String {
        switch method {
        case .smime, .openPGP: "Your answer goes to their mailbox, encrypted to their own key."
        case .verifiedTLS: "Your answer goes to their mailbox over verified TLS."
        case .opportunisticTLS: "Your answer goes to their mailbox as plain mail, which they asked for."
        case .portal: "Your answer goes to the portal; the person gets a notice without content."
        }
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let id: ThreadID = try visit.identifier("thread")
        let requester = try visit.requester
        let detail: ThreadDetail
        do {
            detail = try await visit.facades.portal.thread(id, requester: requester)
        } catch PortalError.threadNotFound {
            throw NotFound()
        }
        let names = try await MessagesPages.names(of: [detail.summary.contact], visit)
        let assigned = detail.summary.assignedTo
        let staff = try await visit.facades.identity.names(
            of: Set([assigned].compactMap { $0 }),
            in: visit.organization.id
        )
        let mayAnswer = requester.may(.answerMessages)
        let sent = try await visit.facades.delivery.sentProtection(
            of: detail.messages.compactMap(\.delivery),
            by: requester
        )
        let chosen = visit.form.all("sensitivity").first ?? Sensitivity.sensitive.rawValue
        let content = ThreadContent(
            threadIdentifier: "\(id)",
            personLabel: names[detail.summary.contact] ?? .init(phiText: "••••", isMasked: true),
            messages: detail.messages.map { message in
                self.message(
                    message,
                    of: id,
                    visit,
                    sent: message.delivery.flatMap { sent[$0] },
                    mayAnswer: mayAnswer
                )
            },
            mayAnswer: mayAnswer,
            summary: ErrorSummary(visit.words, problem.map { [$0] } ?? []),
            typed: visit.form.all("answer").first ?? "",
            answerIdentifier: "\(visit.surroundings.makeIdentifier(PortalMessageTag.self))",
            sensitivities: CampaignWords.sensitivities(visit, chosen: chosen),
            choiceGroup: "sensitivity",
            wishes: mayAnswer ? try await AnswerForm.content(visit, detail.summary.contact) : nil,
            isHandled: !detail.summary.needsAnswer,
            isAssignedToMe: assigned?.bytes == requester.identifier,
            assigned: assigned.flatMap { staff[$0] },
            isLocked: detail.isLocked
        )
        let title = detail.summary.subject.expose(for: .disclosing) { $0 }
        var page = Page(title, .staff(section: .messages), content: content)
        page.windowTitle = visit.words("Conversation")
        page.crumbs = [.init(label: visit.words("Messages"), href: visit.base + "/messages")]
        return page
    }

    private static func message(
        _ message: ThreadDetail.Message,
        of thread: ThreadID,
        _ visit: Visit,
        sent: SentProtection?,
        mayAnswer: Bool
    ) -> ThreadContent.Message {
        message.content.expose(for: .disclosing) { content in
            ThreadContent.Message(
                author: message.direction == .fromPerson ? person(content, visit) : content.author,
                isOwn: message.direction == .toPerson,
                written: visit.moment(message.writtenAt),
                bodyMarkup: .paragraphs(content.text),
                files: FileModel.list(message.files, visit) { file in
                    visit.path("messages", "\(thread)", "files", "\(message.id)", "\(file.position)")
                },
                protection: sent.flatMap { ProtectionModel($0, visit.words) }
                    ?? ProtectionModel(content.protection, visit.words),
                state: message.standing.map { state($0, visit) },
                messageIdentifier: "\(message.id)",
                mayRetract: mayAnswer && (message.standing == .waiting || message.standing == .opened)
            )
        }
    }

    /// Who wrote it, and how it came: a mail proves nothing about its writer.
    private static func person(_ content: StoredContent, _ visit: Visit) -> String {
        switch content.origin {
        case .portal: visit.words("The person")
        case .mail: visit.words("By e-mail, sender not proved")
        case .provedMail: visit.words("By e-mail, from their own address")
        case .automaticMail: visit.words("Automatic answer by e-mail")
        }
    }

    private static func state(_ standing: MessageStanding, _ visit: Visit) -> StatusModel {
        switch standing {
        case .waiting: StatusModel(visit.words("waiting in the portal"), .plain)
        case .opened: StatusModel(visit.words("opened in the portal"), .good)
        case .retracted: StatusModel(visit.words("taken back"), .bad)
        case .expired: StatusModel(visit.words("expired"), .warn)
        }
    }
}
