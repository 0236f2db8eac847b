// SPDX-License-Identifier: Apache-2.0

package import WardConsent
package import WardDelivery
package import WardKernel

package enum SubmissionAccountTag {}
/// An account that may send over SMTP.
package typealias SubmissionAccountID = Identifier<SubmissionAccountTag>

/// Who sends over SMTP: a system or a mail program, not a person who signs in.
package struct SubmissionAccount: Hashable, Sendable {
    package let id: SubmissionAccountID
    package let organization: OrganizationID
    /// 2 … 40 of `a-z 0-9 -`; with `@` and the organization's first path segment it is the login.
    package let name: String
    /// The one address that its messages come from; nil: any of the organization's sender domain.
    package let sender: EmailAddress?
    /// The class that its messages have (hipaa/rules.md 6.4); a program cannot answer the questions, whoever makes the
    /// account does.
    package let messageClass: MessageClass
    package let sensitivity: Sensitivity
    /// Messages in a clock hour, one for each recipient.
    package let messagesPerHour: Int
    package let recipientsPerMessage: Int
    package let signInRule: SignInRule
    package let madeAt: Timestamp
    package let disabledAt: Timestamp?

    /// The platform in this account's name, for the audit log.
    var requester: Requester { .service("submission \(name)", of: organization) }
}

/// What an administrator says about a new account.
package struct SubmissionAccountDraft: Hashable, Sendable {
    package var name: String
    package var sender: EmailAddress?
    package var messageClass: MessageClass
    package var sensitivity: Sensitivity
    package var messagesPerHour: Int
    package var recipientsPerMessage: Int

    package init(
        name: String,
        sender: EmailAddress? = nil,
        messageClass: MessageClass = .treatment,
        sensitivity: Sensitivity = .sensitive,
        messagesPerHour: Int = 500,
        recipientsPerMessage: Int = 20
    ) {
        self.name = name
        self.sender = sender
        self.messageClass = messageClass
        self.sensitivity = sensitivity
        self.messagesPerHour = messagesPerHour
        self.recipientsPerMessage = recipientsPerMessage
    }
}

/// A new account's login and password. The password is shown once and kept nowhere.
package struct SubmissionCredentials: Sendable {
    package let login: String
    package let password: Sensitive<String>
}

/// Why an account is not made or changed. Holds no personal data.
package enum SubmissionError: Error, Hashable, Sendable, CustomStringConvertible {
    case invalid(field: String, rule: String)
    case nameTaken(String)
    case accountNotFound(String)
    case certificateRefused(CertificateRefusal)
    case certificateNotFound(account: String)
    /// An account is to sign in with a certificate and has none.
    case certificateFirst(String)

    package var description: String {
        switch self {
        case .invalid(let field, let rule): "submission.invalid: \(field) \(rule)."
        case .nameTaken(let name): "submission.name_taken: there is an account \(name) already."
        case .accountNotFound(let name): "submission.account_not_found: there is no account \(name)."
        case .certificateRefused(let refusal): "submission.certificate_refused: \(refusal.sentence)"
        case .certificateNotFound(let account):
            "submission.certificate_not_found: \(account) has no one certificate whose fingerprint begins so; give eight digits or "
                + "more (ward mail accounts certificate list \(account))."
        case .certificateFirst(let name):
            "submission.certificate_first: \(name) has no certificate; add one first (ward mail accounts certificate add)."
        }
    }
}
