// SPDX-License-Identifier: Apache-2.0
//
// The stored form of a campaign's message and the composer `campaign.merge.1`.
//
//     template   JSON: subject and text as their author wrote them, language, sender's name, what stands below the text
//     values     JSON: the values of the template's fields for one person, as text; the unsubscribe address
//
// The same template and values give the same bytes in every version (a retry is composed again): a change of the words
// or the markup below takes a new name. Values are frozen when the message is queued, so that a person's edited record
// does not change a message on its way.

import Foundation
import Synchronization
package import WardDelivery
package import WardKernel
import WardPortal

/// What is said to everybody.
struct CampaignTemplate: Hashable, Sendable, Codable {
    /// What stands below the text of mail that must carry it (16 CFR 316.5).
    struct Footer: Hashable, Sendable, Codable {
        var organization: String
        var postalAddress: String
    }

    var subject: String
    var text: String
    var language: PortalLanguage
    var footer: Footer?
}

/// What is said to one person.
struct CampaignValues: Hashable, Sendable, Codable {
    var fields: [String: String]
    /// The address of the unsubscribe page with its token; nil for classes that have none.
    var unsubscribe: String?
}

/// Why a message cannot be put together; safe to show.
package enum CampaignComposeError: Error, Hashable, Sendable, CustomStringConvertible {
    case template(MergeTemplateError)
    case missing([String])
    case tooLong

    package var description: String {
        switch self {
        case .template(let error): error.description
        case .missing(let fields):
            "These fields have no value and no fall-back: \(fields.joined(separator: ", "))."
        case .tooLong: "The values make the text too long."
        }
    }
}

/// A template read and parsed, ready for any number of people.
struct ParsedCampaignTemplate: Sendable {
    let template: CampaignTemplate
    let subject: MergeTemplate
    let text: MergeTemplate
    /// The markup of the text's pieces; empty for its fields.
    let markups: [String]

    init(_ template: CampaignTemplate) throws(CampaignComposeError) {
        self.template = template
        do throws(MergeTemplateError) {
            subject = try MergeTemplate(parsing: template.subject)
            text = try MergeTemplate(parsing: template.text)
        } catch {
            throw .template(error)
        }
        markups = text.pieces.map { piece in
            if case .text(let text) = piece { MergedText.markup(text) } else { "" }
        }
    }
}

/// The templates that were parsed last: a campaign's is the same for each of its people.
private final class ParsedTemplates: Sendable {
    private static let capacity = 8
    private let parsed = Mutex<[(octets: [UInt8], parsed: ParsedCampaignTemplate)]>([])

    func parsed(_ octets: [UInt8]) throws -> ParsedCampaignTemplate {
        if let known = parsed.withLock({ $0.first { $0.octets == octets }?.parsed }) { return known }
        let template = try JSONDecoder().decode(CampaignTemplate.self, from: Data(octets))
        let made = try ParsedCampaignTemplate(template)
        parsed.withLock { $0 = [(octets, made)] + $0.prefix(Self.capacity - 1) }
        return made
    }
}

/// Makes each person's message of a campaign; see the head of this file.
package struct CampaignComposer: ContentComposer {
    package static let name = "campaign.merge.1"
    package var name: String { Self.name }
    private let templates = ParsedTemplates()

    package init() {}

    package func compose(
        _ template: Sensitive<[UInt8]>,
        values: Sensitive<[UInt8]>
    ) throws -> Sensitive<ComposedContent> {
        try template.map { template in
            let parsed = try templates.parsed(template)
            return try values.expose(for: .composing) { values in
                try Self.compose(parsed, try JSONDecoder().decode(CampaignValues.self, from: Data(values)))
            }
        }
    }

    static func compose(_ template: CampaignTemplate, _ values: CampaignValues) throws -> ComposedContent {
        try compose(ParsedCampaignTemplate(template), values)
    }

    private static func compose(_ parsed: ParsedCampaignTemplate, _ values: CampaignValues) throws -> ComposedContent {
        let template = parsed.template
        let subject = try merged(parsed.subject, values).plain
        let text = try merged(parsed.text, values)
        let words = Words(language: template.language)
        var plain = text.plain
        var html = text.paragraphs(markups: parsed.markups)
        var headers: [MailHeader] = []
        if let footer = template.footer {
            let lines = [footer.organization, footer.postalAddress].filter { !$0.isEmpty }
            plain += "\n\n-- \n" + lines.joined(separator: "\n")
            html += "\n<hr>\n<p>" + lines.map(HTMLText.escaped).joined(separator: "<br>\n") + "</p>"
        }
        if let link = values.unsubscribe {
            plain += "\n\n\(words.unsubscribe): \(link)"
            html += "\n<p><a href=\"\(HTMLText.escaped(link))\">\(words.unsubscribe)</a></p>"
            // RFC 8058 wants https, and no message could ever be encoded with anything else: the link in the text stays.
            if hasOneClick(link) {
                headers = [
                    MailHeader(name: "List-Unsubscribe", value: "<\(link)>"),
                    MailHeader(name: "List-Unsubscribe-Post", value: "List-Unsubscribe=One-Click"),
                ]
            }
        }
        return ComposedContent(
            subject: String(subject.prefix(MergeLimits.subjectCharacters)),
            text: plain + "\n",
            html: page(html, title: subject, language: template.language),
            headers: headers
        )
    }

    /// Whether mail programs may offer a button for this address.
    static func hasOneClick(_ address: String) -> Bool { address.hasPrefix("https://") }

    private static func merged(
        _ template: MergeTemplate,
        _ values: CampaignValues
    ) throws(CampaignComposeError) -> MergedText {
        switch template.merged(value: { values.fields[$0] }) {
        case .merged(let text): return text
        case .missing(let fields): throw .missing(fields)
        case .tooLong: throw .tooLong
        }
    }

    private static func page(_ body: String, title: String, language: PortalLanguage) -> String {
        """
        <!doctype html>
        <html lang="\(language.rawValue)">
        <head><meta charset="utf-8"><title>\(HTMLText.escaped(title))</title></head>
        <body style="font-family: system-ui, sans-serif; font-size: 16px; line-height: 24px">
        \(body)
        </body>
        </html>

        """
    }

    private struct Words {
        var language: PortalLanguage
        var unsubscribe: String { language == .english ? "Unsubscribe" : "Cancelar la suscripción" }
    }
}

extension CampaignTemplate {
    var encoded: Sensitive<[UInt8]> {
        get throws { Sensitive(try CampaignJSON.encoded(self)) }
    }
}

extension CampaignValues {
    var encoded: Sensitive<[UInt8]> {
        get throws { Sensitive(try CampaignJSON.encoded(self)) }
    }
}

/// JSON with sorted keys: equal values give equal bytes.
enum CampaignJSON {
    static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    static func draft(from bytes: [UInt8], of id: CampaignID) throws(CampaignError) -> CampaignDraft {
        do {
            return try JSONDecoder().decode(CampaignDraft.self, from: Data(bytes))
        } catch {
            throw .damaged(id)
        }
    }
}
