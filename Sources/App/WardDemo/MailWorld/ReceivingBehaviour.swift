// SPDX-License-Identifier: Apache-2.0

/// How a receiving server of the mail world behaves.
package enum ReceivingBehaviour: String, Sendable, CaseIterable {
    /// STARTTLS with a certificate of the right name.
    case validTLS
    /// STARTTLS with a certificate of another name.
    case wrongCertificate
    /// No STARTTLS at all.
    case noTLS
    /// Valid TLS; each message's final reply takes a few seconds, ten at most.
    case slow
    /// Valid TLS; a mailbox whose name begins with `gone` does not exist.
    case refusing
    /// Valid TLS; the first attempt for a mailbox is put off for three seconds (RFC 6647).
    case greylisting

    package var domain: String {
        switch self {
        case .validTLS: "tls.example"
        case .wrongCertificate: "othername.example"
        case .noTLS: "plain.example"
        case .slow: "slow.example"
        case .refusing: "refusing.example"
        case .greylisting: "greylist.example"
        }
    }

    /// What the inbox page says of the domain.
    package var summary: String {
        switch self {
        case .validTLS: "offers TLS with a valid certificate"
        case .wrongCertificate: "offers TLS, but its certificate is for another name"
        case .noTLS: "offers no TLS at all"
        case .slow: "offers valid TLS and takes seconds to answer"
        case .refusing: "offers valid TLS and refuses mailboxes that begin with “gone”"
        case .greylisting: "offers valid TLS and puts a first attempt off for three seconds"
        }
    }

    /// Out of a hundred made-up people, how many have their mailbox there.
    package var share: Int {
        switch self {
        case .validTLS: 78
        case .wrongCertificate: 5
        case .noTLS: 7
        case .slow: 2
        case .refusing: 4
        case .greylisting: 4
        }
    }

    var offersTLS: Bool { self != .noTLS }
}
