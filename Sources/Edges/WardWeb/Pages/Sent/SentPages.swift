// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct SentContent: PageModel {
    static let template = "sent/message"

    struct Header: Sendable {
        let headerName: String
        let headerValue: String
    }

    struct File: Sendable {
        let sentFileName: String
        let sentFileAbout: String
    }

    struct Shown: Sendable {
        let standing: StatusModel
        let subject: String
        let bodyMarkup: Markup
        let hasBody: Bool
        let files: [File]
        let hasFiles: Bool
        let headers: [Header]
        let source: String
        let isSourceCut: Bool
    }

    let summary: ErrorSummary?
    let action: String
    let reason: FieldModel
    let shown: Shown?
}

/// A message exactly as it was sent, for those who may read messages: asked for with a reason, audited as a disclosure.
enum SentPages {
    static func ask(_ visit: Visit) async throws -> Reply {
        let _: MessageID = try visit.identifier("message")
        return .page(try page(visit, nil, nil))
    }

    static func show(_ visit: Visit) async throws -> Reply {
        let id: MessageID = try visit.identifier("message")
        let sent: SentMessage
        do {
            sent = try await visit.facades.delivery.showSent(
                id,
                encrypted: try visit.form.text("form") == "encrypted",
                why: try visit.form.text("reason"),
                by: try visit.requester
            )
        } catch DeliveryError.messageNotFound {
            throw NotFound()
        }
        switch sent {
        case .shown: return .page(try page(visit, try shown(sent, visit), nil))
        case .reasonMissing:
            return .page(try page(visit, nil, visit.words("Give a reason. It is kept in the audit log.")), status: 422)
        case .differs:
            let text = visit.words("It no longer reads as it was sent, so it is not shown as if it did.")
            return .page(try page(visit, nil, nil).with(.init(text: text, tone: .bad)), status: 409)
        case .erased:
            let text = visit.words("The person was erased, and the message with them.")
            return .page(try page(visit, nil, nil).with(.init(text: text, tone: .warn)), status: 410)
        }
    }

    /// Where a message is shown as it was sent; nil for those who may not read messages.
    static func href(_ message: MessageID, _ visit: Visit) -> String? {
        guard visit.session?.requester.may(.viewMessages) ?? false else { return nil }
        return visit.path("sent", "\(message)").text
    }

    private static func shown(_ sent: SentMessage, _ visit: Visit) throws -> SentContent.Shown? {
        guard case .shown(_, let summary) = sent, let reading = try sent.reading() else { return nil }
        let standing = StatusModel(visit.words(summary.standing.title), ReportPages.tone(summary.standing))
        return reading.expose(for: .disclosing) { reading in
            SentContent.Shown(
                standing: standing,
                subject: reading.headers.last { $0.name.lowercased() == "subject" }?.value ?? "",
                bodyMarkup: .paragraphs(reading.text ?? ""),
                hasBody: reading.text != nil,
                files: reading.files.map { file in
                    .init(
                        sentFileName: file.name ?? visit.words("without a name"),
                        sentFileAbout: "\(file.mediaType), \(FileModel.size(file.octets, visit.words))"
                    )
                },
                hasFiles: !reading.files.isEmpty,
                headers: reading.headers.map { .init(headerName: $0.name, headerValue: $0.value) },
                source: reading.source,
                isSourceCut: reading.isSourceCut
            )
        }
    }

    private static func page(_ visit: Visit, _ shown: SentContent.Shown?, _ problem: String?) throws -> Page {
        let words = visit.words
        let id: MessageID = try visit.identifier("message")
        let content = SentContent(
            summary: ErrorSummary(words, problem.map { [("reason", $0)] } ?? []),
            action: visit.path("sent", "\(id)").text,
            reason: FieldModel(
                "reason",
                words("Why? It is kept in the audit log."),
                help: words("Such as: the patient asks what was written."),
                error: problem,
                value: visit.form.all("reason").first ?? "",
                maxLength: 500
            ),
            shown: shown
        )
        var page = Page(
            words("Message as it was sent"),
            .staff(section: .messages),
            lede: words("Put together again from what was stored, and shown only if it is the same to the last byte."),
            content: content
        )
        page.crumbs = [.init(label: words("Mail queue"), href: visit.base + "/queue")]
        return page
    }
}
