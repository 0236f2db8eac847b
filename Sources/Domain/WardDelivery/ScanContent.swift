// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardConsent
import WardContentScan
import WardKernel
import WardStorage
import WardVault

/// What the scan found in a message and what stands in place of its subject, as it is stored, sealed.
struct MessageScan: Codable, Sendable, Hashable {
    var findings: [ContentFinding]
    var neutralSubject: String?
}

/// The scanner of one preparation, with what the policy in force says.
struct PreparedScanner: Sendable {
    let scanner: ContentScanner
    let neutralSubject: String

    /// Nil where nothing is scanned: what the platform writes itself names nobody.
    init?(_ policy: ProtectionPolicy, for terms: MessageTerms, at now: Timestamp) {
        guard !terms.messageClass.isWithoutContent else { return nil }
        // 31,556,952 seconds: the mean year of the Gregorian calendar; a day off at its ends does no harm here.
        let year = 1970 + Int(now.microseconds / 1_000_000 / 31_556_952)
        scanner = ContentScanner(drugNames: policy.scan.drugNames, patterns: policy.scan.patterns, year: year)
        neutralSubject = policy.neutralSubject
    }

    /// What stands in the content. A finding in the subject puts the neutral subject in its place.
    func scan(_ content: Sensitive<ComposedContent>) -> MessageScan {
        content.expose(for: .evaluating) { content in
            var parts = [ContentPart(content.subject, in: .subject), ContentPart(content.text, in: .text)]
            if let html = content.html { parts.append(ContentPart(html, in: .html, as: .html)) }
            let headers = content.headers.filter { !$0.name.lowercased().hasPrefix("list-unsubscribe") }
            if !headers.isEmpty {
                parts.append(ContentPart(headers.map(\.value).joined(separator: "\n"), in: .header))
            }
            for file in content.files ?? [] { parts += Self.parts(of: file) }
            if let signed = content.signed { parts.append(ContentPart(signed.aside, in: .text)) }
            let findings = scanner.scan(parts)
            let isInSubject = findings.contains { $0.place == .subject }
            return MessageScan(findings: findings, neutralSubject: isInSubject ? neutralSubject : nil)
        }
    }
}

extension PreparedScanner {
    /// A file's name leaves with it; its content is read here where that is safe, else what a confined program read of it
    /// counts, else it is unreadable.
    private static func parts(of file: ComposedAttachment) -> [ContentPart] {
        let name = ContentPart(file.fileName, in: .attachment)
        if let text = file.readText { return [name, ContentPart(text, in: .attachment)] }
        let form = ContentPart.form(ofMediaType: file.mediaType)
        return [name, ContentPart(Array(file.content), in: .attachment, as: form)]
    }
}

extension ComposedContent {
    /// The content with a neutral subject; its own subject goes to the top of the text, where it is as protected as that.
    func neutral(_ subject: String?) -> ComposedContent {
        guard let subject else { return self }
        var content = self
        content.text = self.subject + "\n\n" + text
        content.html = html.map { html in
            let escaped = self.subject.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            let line = "<p><strong>\(escaped)</strong></p>\n"
            guard let body = html.range(of: "<body", options: .caseInsensitive),
                let end = html[body.upperBound...].firstIndex(of: ">")
            else { return line + html }
            return html[...end] + line + html[html.index(after: end)...]
        }
        content.subject = subject
        return content
    }
}

extension Delivery {
    /// Keeps what was found in new messages; a message without findings has no row.
    func keepScans(of messages: [PreparedMessage], organization: OrganizationID, in tx: any WriteTransaction) throws {
        for message in messages {
            guard let findings = message.findings, !findings.isEmpty else { continue }
            let scan = MessageScan(findings: findings, neutralSubject: message.frozen.neutralSubject)
            let sealed = try vault.seal(
                Sensitive(Array(try JSONEncoder().encode(scan))),
                at: Self.place(.contentScan, of: message.id, message.draft.recipient, organization),
                in: tx
            )
            try ScanQueries.insert(sealed, of: message.id, organization: organization, in: tx)
        }
    }

    /// What was found in a message when it was prepared; nothing found when it has no row.
    func scan(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (scan: MessageScan, isReviewed: Bool) {
        guard let stored = try ScanQueries.find(row.id, of: organization, in: tx) else {
            return (MessageScan(findings: []), false)
        }
        let place = Self.place(.contentScan, of: row.id, row.recipient, organization)
        let scan = try vault.open(stored.sealed, at: place, in: tx).expose(for: .evaluating) {
            try JSONDecoder().decode(MessageScan.self, from: Data($0))
        }
        return (scan, stored.isReviewed)
    }

    /// The subjects of the gate with what is in force for them: the policy, and what was agreed with each person.
    func informed(
        _ subjects: [GateSubject],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [GateSubject] {
        let policy = try policyInForce(of: organization, in: tx)
        let contacts = Array(Set(subjects.compactMap(\.recipient.contact)))
        let rules = try PolicyQueries.contactRules(of: contacts, organization: organization, in: tx)
        return subjects.map { subject in
            var subject = subject
            subject.policy = policy.policy
            subject.policyNumber = policy.number
            subject.contactRule = subject.recipient.contact.flatMap { rules[$0] }
            return subject
        }
    }
}

extension RecordKind {
    /// What the content scan found in a message.
    static let contentScan = RecordKind(number: 120, name: "content scan")
}
