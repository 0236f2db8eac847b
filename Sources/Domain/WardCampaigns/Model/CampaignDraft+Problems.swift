// SPDX-License-Identifier: Apache-2.0

import WardConsent

/// The bounds of a draft's short fields, in characters.
package enum DraftLimits {
    package static let name = 120
    package static let senderName = 80
    package static let postalAddress = 300
    package static let payer = 200
}

extension CampaignDraft {
    /// Everything that keeps this draft from being sent, in the order of the compose page; empty when nothing does.
    /// Nothing is repaired or left out silently.
    package func problems(fields: MergeFieldCatalogue) -> [CampaignProblem] {
        audienceProblems + messageProblems(fields: fields) + protectionProblems
    }

    private var audienceProblems: [CampaignProblem] {
        var found: [CampaignProblem] = []
        if isBlank(name) { found.append(.init(.name, "Give the campaign a name. Only staff sees it.")) }
        if name.count > DraftLimits.name {
            found.append(.init(.name, "The name is longer than \(DraftLimits.name) characters."))
        }
        if segment == nil { found.append(.init(.segment, "Choose the segment of people to write to.")) }
        return found
    }

    private func messageProblems(fields: MergeFieldCatalogue) -> [CampaignProblem] {
        var found: [CampaignProblem] = []
        if isBlank(senderName) {
            found.append(.init(.senderName, "Write whose name people see as the sender."))
        } else if senderName.count > DraftLimits.senderName || hasControl(senderName) {
            found.append(
                .init(.senderName, "The sender's name is one line of at most \(DraftLimits.senderName) characters.")
            )
        }
        if isBlank(subject) {
            found.append(.init(.subject, "Write a subject."))
        } else if subject.utf8.count > MergeLimits.subjectOctets || hasControl(subject) {
            found.append(.init(.subject, "The subject is one line of at most \(MergeLimits.subjectOctets) octets."))
        } else {
            found += templateProblems(subject, as: .subject, in: .subject, fields: fields)
        }
        if isBlank(text) {
            found.append(.init(.text, "Write the text."))
        } else {
            found += templateProblems(text, as: .text, in: .text, fields: fields)
        }
        return found
    }

    private func templateProblems(
        _ source: String,
        as part: MergePart,
        in field: CampaignField,
        fields: MergeFieldCatalogue
    ) -> [CampaignProblem] {
        do throws(MergeTemplateError) {
            let template = try MergeTemplate(parsing: source)
            return fields.problems(in: template, as: part).map { CampaignProblem(field, $0.description) }
        } catch {
            return [CampaignProblem(field, error.description)]
        }
    }

    private var protectionProblems: [CampaignProblem] {
        var found: [CampaignProblem] = []
        switch answers.classification {
        case .unclassified(let next):
            found.append(
                .init(
                    .classification,
                    "Answer what the message is for: “\(next.sentence)” A message without a class is not sent."
                )
            )
        case .classified(let messageClass, _) where messageClass.isCommercial && isBlank(postalAddress):
            found.append(
                .init(
                    .postalAddress,
                    "Mail of this class must carry your postal address (16 CFR 316.5). Write it here."
                )
            )
        case .classified: break
        }
        if let payment = answers.payment, payment != .none, isBlank(payer) {
            found.append(.init(.payer, "Write who pays for the message."))
        }
        if payer.count > DraftLimits.payer {
            found.append(.init(.payer, "The payer's name is longer than \(DraftLimits.payer) characters."))
        }
        if postalAddress.count > DraftLimits.postalAddress {
            found.append(
                .init(.postalAddress, "The postal address is longer than \(DraftLimits.postalAddress) characters.")
            )
        }
        if sensitivity == nil { found.append(.init(.sensitivity, "Choose how sensitive the message is.")) }
        return found
    }

    private func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    private func hasControl(_ text: String) -> Bool {
        text.unicodeScalars.contains {
            $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
        }
    }
}
