// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// How a mail of the person was protected, and what came of that here.
package struct ReplyProtection: Hashable, Sendable {
    package enum Encryption: UInt8, Hashable, Sendable, CaseIterable {
        case none
        /// Encrypted to a key of ours, and opened.
        case opened
        /// Encrypted, and none of our keys opens it.
        case noKey
        /// Encrypted in a way in which a stranger could have changed it.
        case notAuthenticated
        case unreadable
        /// The confined program that opens mail broke down over it.
        case quarantined

        /// Whether the text stayed inside.
        package var isClosed: Bool { self != .none && self != .opened }
    }

    package enum Signature: UInt8, Hashable, Sendable, CaseIterable {
        case none
        /// Good, with a key that is kept here as the person's.
        case known
        /// Good, with a certificate that is not kept here as the person's.
        case unknown
        /// Made with an OpenPGP key that is not kept here: not checked.
        case notChecked
        case bad
    }

    package var encryption = Encryption.none
    package var signature = Signature.none
    /// The fingerprint of whoever signed well; empty: nobody.
    package var signer = ""

    package init(encryption: Encryption = .none, signature: Signature = .none, signer: String = "") {
        self.encryption = encryption
        self.signature = signature
        self.signer = signer
    }
}

/// A mail that was taken apart.
package struct OpenedReply: Sendable {
    /// What was inside: fields, empty line, body; nil where the mail itself is to be read, or stayed closed.
    package var inside: Sensitive<[UInt8]>?
    /// Whether the fields inside stand in place of those of the mail.
    package var isHeaderProtected: Bool
    package var protection: ReplyProtection

    package init(
        inside: Sensitive<[UInt8]>? = nil,
        isHeaderProtected: Bool = false,
        protection: ReplyProtection = ReplyProtection()
    ) {
        self.inside = inside
        self.isHeaderProtected = isHeaderProtected
        self.protection = protection
    }
}

/// Opens encrypted and signed mail: answered by the module that keeps the organization's keys.
package protocol ReplyOpener: Sendable {
    /// Throws only what may pass: the mail then comes again.
    func open(
        _ mail: Sensitive<[UInt8]>,
        from contact: ContactID,
        of organization: OrganizationID
    ) async throws -> OpenedReply
}

/// Where there are no keys: every mail is read as it came.
package struct UnopenedReplies: ReplyOpener {
    package init() {}

    package func open(
        _ mail: Sensitive<[UInt8]>,
        from contact: ContactID,
        of organization: OrganizationID
    ) async throws -> OpenedReply { OpenedReply() }
}
