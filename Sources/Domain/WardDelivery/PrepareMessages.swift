// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardKernel
import WardMIME
import WardMailCrypto
import WardStorage

/// A message before it is put together: everything that is drawn or read once.
private struct MessageStart: Sendable {
    var draft: MessageDraft
    var id: MessageID
    var frozen: FrozenMessage
}

extension Delivery {
    /// Messages of one piece of work on a processor thread: some milliseconds with signatures.
    private static let piece = 8

    /// Waits while plenty of messages are ready for their attempts: for campaigns, whose next messages may come later.
    package func waitWhileAmple() async throws { try await rendered.waitWhileAmple(surroundings) }

    /// Makes each recipient's message, signs it and digests it; throws when one cannot be put together. The work is done on
    /// the processor threads, outside of any transaction.
    package func prepare(_ drafts: [MessageDraft], content: MessageContent) async throws -> [PreparedMessage] {
        let (signers, scanner) = try await store.read { tx in
            (
                try self.signers(for: content.terms.sender.address, of: content.organization, in: tx),
                try self.scanner(for: content.terms, of: content.organization, in: tx)
            )
        }
        return try await ProcessorThreads.shared.map(starts(drafts, content), piece: Self.piece) { start in
            let composed = try self.composed(content, values: start.draft.values)
            return try self.finished(start, content, composed: composed, signers: signers, scanner: scanner)
        }
    }

    /// One message of a content whose composition is at hand, on the calling thread.
    func put(
        _ draft: MessageDraft,
        _ content: MessageContent,
        composed: Sensitive<ComposedContent>,
        _ signers: MessageSigners,
        _ scanner: PreparedScanner?
    ) throws -> PreparedMessage {
        let start = start(draft, content, at: surroundings.now())
        return try finished(start, content, composed: composed, signers: signers, scanner: scanner)
    }

    func scanner(
        for terms: MessageTerms,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PreparedScanner? {
        let policy = try policyInForce(of: organization, in: tx).policy
        return PreparedScanner(policy, for: terms, at: surroundings.now())
    }

    /// Puts a message together and forgets it: throws what `prepare` would throw about this one message. Nothing is read,
    /// signed or kept.
    package func rehearse(_ draft: MessageDraft, content: MessageContent) throws {
        let frozen = start(draft, content, at: surroundings.now()).frozen
        try DKIM.check(try octets(content, address: draft.address, values: draft.values, frozen: frozen))
    }

    /// What the person will read.
    func composed(_ content: MessageContent, values: Sensitive<[UInt8]>) throws -> Sensitive<ComposedContent> {
        guard let composer = composers[content.terms.composer] else {
            throw DeliveryError.composerUnknown(content.terms.composer)
        }
        return try composer.compose(content.template, values: values)
    }

    /// The bytes to send with the frozen signatures in front: the same for the same content, values and frozen parts,
    /// always. Nothing is signed here.
    func encoded(
        _ content: MessageContent,
        address: EmailAddress,
        values: Sensitive<[UInt8]>,
        frozen: FrozenMessage
    ) throws -> OutgoingOctets {
        let message = try Self.carried(
            try octets(content, address: address, values: values, frozen: frozen),
            frozen
        )
        let domain = content.terms.sender.address.domain
        return OutgoingOctets(try DKIM.fields(frozen.signatures, domain: domain, of: message) + message)
    }

    private func starts(_ drafts: [MessageDraft], _ content: MessageContent) -> [MessageStart] {
        let now = surroundings.now()
        return drafts.map { start($0, content, at: now) }
    }

    private func start(_ draft: MessageDraft, _ content: MessageContent, at now: Timestamp) -> MessageStart {
        let random = surroundings.randomBytes(18).map { Self.hexadecimal($0) }.joined()
        return MessageStart(
            draft: draft,
            id: surroundings.makeIdentifier(),
            frozen: FrozenMessage(
                date: Timestamp(seconds: now.microseconds / 1_000_000),
                messageIdentifier: "\(random)@\(content.terms.sender.address.domain)",
                boundary: "ward-\(random.prefix(24))",
                digest: []
            )
        )
    }

    private func finished(
        _ start: MessageStart,
        _ content: MessageContent,
        composed: Sensitive<ComposedContent>,
        signers: MessageSigners,
        scanner: PreparedScanner?
    ) throws -> PreparedMessage {
        var frozen = start.frozen
        let address = start.draft.address
        let scan = scanner?.scan(composed)
        frozen.neutralSubject = scan?.neutralSubject
        frozen.autocrypt = signers.own.autocrypt
        let plain = try Self.octets(composed, content.terms.sender, address: address, frozen: frozen)
        if !composed.isSigned { frozen.ownSignature = try Self.ownSignature(over: plain, by: signers.own) }
        let message = try Self.carried(plain, frozen)
        let domain = content.terms.sender.address.domain
        let signed = try DKIM.signed(message, by: signers.dkim, domain: domain, at: frozen.date)
        let outgoing = OutgoingOctets(signed.octets)
        frozen.signatures = signed.signatures
        frozen.digest = outgoing.digest
        rendered.keep(outgoing, of: start.id, at: surroundings.now())
        return PreparedMessage(
            id: start.id,
            content: content.id,
            organization: content.organization,
            terms: content.terms,
            draft: start.draft,
            frozen: frozen,
            findings: scan?.findings
        )
    }

    /// The message without signatures.
    func octets(
        _ content: MessageContent,
        address: EmailAddress,
        values: Sensitive<[UInt8]>,
        frozen: FrozenMessage
    ) throws -> [UInt8] {
        let composed = try composed(content, values: values)
        return try Self.octets(composed, content.terms.sender, address: address, frozen: frozen)
    }

    static func octets(
        _ composed: Sensitive<ComposedContent>,
        _ sender: MailSender,
        address: EmailAddress,
        frozen: FrozenMessage
    ) throws -> [UInt8] {
        try composed.expose(for: .composing) { content in
            let composed = content.neutral(frozen.neutralSubject)
            // What was signed stays as it is: its own subject then stands before it.
            let lead = frozen.neutralSubject == nil ? "" : content.subject + "\n"
            return try MailMessage(
                from: Mailbox(sender.address, name: sender.name),
                to: [Mailbox(address)],
                replyTo: sender.replyTo.map { Mailbox($0) },
                subject: composed.subject,
                date: frozen.date,
                messageIdentifier: frozen.messageIdentifier,
                boundary: frozen.boundary,
                text: composed.signed == nil ? composed.text : lead,
                html: composed.html,
                attachments: (composed.files ?? []).map { file in
                    MailAttachment(
                        fileName: file.fileName,
                        mediaType: file.mediaType,
                        content: Array(file.content),
                        contentIdentifier: file.contentIdentifier
                    )
                },
                entity: composed.signed.map { Array($0.octets) },
                headers: composed.headers.map { MailHeaderField($0.name, $0.value) }
                    + (frozen.autocrypt.map { [MailHeaderField("Autocrypt", $0)] } ?? []),
                reportType: composed.reportType
            ).octets()
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}

extension Sensitive<ComposedContent> {
    /// Whether somebody signed it before it came here: the organization's own key does not sign over that.
    var isSigned: Bool { expose(for: .evaluating) { $0.signed != nil } }
}

/// What goes over the wire, and its SHA-256: what a clearance covers.
struct OutgoingOctets: Sendable {
    let bytes: [UInt8]
    let digest: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        digest = Digest.sha256(bytes)
    }
}
