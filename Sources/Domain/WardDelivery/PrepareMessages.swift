// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardMIME

extension Delivery {
    /// Makes each recipient's message and its digest; throws when one cannot be put together. Takes processor time and
    /// belongs outside of a transaction.
    package func prepare(_ drafts: [MessageDraft], content: MessageContent) throws -> [PreparedMessage] {
        let now = surroundings.now()
        let date = Timestamp(seconds: now.microseconds / 1_000_000)
        return try drafts.map { draft in
            let id: MessageID = surroundings.makeIdentifier()
            let random = surroundings.randomBytes(18).map { Self.hexadecimal($0) }.joined()
            var frozen = FrozenMessage(
                date: date,
                messageIdentifier: "\(random)@\(content.terms.sender.address.domain)",
                boundary: "ward-\(random.prefix(24))",
                digest: []
            )
            frozen.digest = try encoded(content, address: draft.address, values: draft.values, frozen: frozen).digest
            return PreparedMessage(
                id: id,
                content: content.id,
                organization: content.organization,
                terms: content.terms,
                draft: draft,
                frozen: frozen
            )
        }
    }

    /// What the person will read.
    func composed(_ content: MessageContent, values: Sensitive<[UInt8]>) throws -> Sensitive<ComposedContent> {
        guard let composer = composers[content.terms.composer] else {
            throw DeliveryError.composerUnknown(content.terms.composer)
        }
        return try composer.compose(content.template, values: values)
    }

    /// The bytes to send: the same for the same content, values and frozen parts, always.
    func encoded(
        _ content: MessageContent,
        address: EmailAddress,
        values: Sensitive<[UInt8]>,
        frozen: FrozenMessage
    ) throws -> EncodedMessage {
        let sender = content.terms.sender
        return try composed(content, values: values).expose(for: .composing) { composed in
            try MailMessage(
                from: Mailbox(sender.address, name: sender.name),
                to: [Mailbox(address)],
                replyTo: sender.replyTo.map { Mailbox($0) },
                subject: composed.subject,
                date: frozen.date,
                messageIdentifier: frozen.messageIdentifier,
                boundary: frozen.boundary,
                text: composed.text,
                html: composed.html,
                headers: composed.headers.map { MailHeaderField($0.name, $0.value) }
            ).encoded()
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
