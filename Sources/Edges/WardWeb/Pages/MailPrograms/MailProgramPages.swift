// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardRender
import WardSubmission

struct MailProgramContent: PageModel {
    static let template = "mailprograms/list"

    struct Certificate: Sendable {
        let certificateFingerprint: String
        let certificateState: StatusModel
        let certificateUntil: MomentModel
        let certificateAdded: MomentModel
        let certificateHref: String
    }

    struct Account: Sendable {
        let accountName: String
        let accountState: StatusModel
        let accountSender: String?
        let accountHref: String
        let accountCertificates: [Certificate]
        let hasCertificates: Bool
        let accountRule: String
        let accountRules: [ChoiceModel]
        let isLiving: Bool
    }

    let summary: ErrorSummary?
    let accounts: [Account]
    let hasAccounts: Bool
}

/// The accounts of programs that hand in mail: what each signs in with, and its certificates. They are made and ended at the
/// command line, where their password is shown.
enum MailProgramPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func add(_ visit: Visit) async throws -> Reply {
        guard let upload = visit.upload else { throw BadRequest(reason: .missingField) }
        var given: [UInt8] = []
        while let piece = try await upload.nextPiece(), given.count <= Submission.largestCertificate { given += piece }
        if given.isEmpty { given = Array((upload.fields.all("pasted").first ?? "").utf8) }
        guard !given.allSatisfy({ $0 <= 0x20 }) else {
            return try await again(visit, visit.words("Paste a certificate, or choose its file."))
        }
        return try await change(visit) { submission, account, requester in
            _ = try await submission.addCertificate(given, to: account, by: requester)
        }
    }

    static func remove(_ visit: Visit) async throws -> Reply {
        guard let fingerprint = visit.parameters["fingerprint"] else { throw NotFound() }
        return try await change(visit) { submission, account, requester in
            _ = try await submission.removeCertificate(fingerprint, from: account, by: requester)
        }
    }

    static func setRule(_ visit: Visit) async throws -> Reply {
        guard let rule = SignInRule(rawValue: try visit.form.text("rule")) else { throw BadRequest(reason: .malformed) }
        return try await change(visit) { submission, account, requester in
            try await submission.setSignInRule(rule, of: account, by: requester)
        }
    }

    /// Runs a change; what stands in its way is said on the page.
    private static func change(
        _ visit: Visit,
        _ body: (Submission, String, Requester) async throws -> Void
    ) async throws -> Reply {
        guard let account = visit.parameters["account"] else { throw NotFound() }
        do {
            try await body(visit.facades.submission, account, try visit.requester)
        } catch SubmissionError.certificateRefused(let refusal) {
            return try await again(visit, visit.words(refusal.sentence))
        } catch SubmissionError.certificateFirst {
            return try await again(visit, visit.words("Add a certificate first."))
        } catch SubmissionError.accountNotFound, SubmissionError.certificateNotFound {
            throw NotFound()
        }
        return .seeOther(visit.path("settings", "mail-programs"))
    }

    private static func again(_ visit: Visit, _ problem: String) async throws -> Reply {
        .page(try await page(visit, problem: problem), status: 422)
    }

    private static func page(_ visit: Visit, problem: String? = nil) async throws -> Page {
        let submission = visit.facades.submission
        let accounts = try await submission.accounts(by: try visit.requester)
        let certificates = try await submission.certificates(by: try visit.requester)
        let rows = accounts.map { row($0, certificates[$0.id] ?? [], visit) }
        let content = MailProgramContent(
            summary: ErrorSummary(visit.words, problem.map { [("accounts", $0)] } ?? []),
            accounts: rows,
            hasAccounts: !rows.isEmpty
        )
        var page = Page(
            visit.words("Mail programs"),
            .staff(section: .settings),
            lede: visit.words("Which programs hand in mail, and what they sign in with."),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Settings"), href: visit.base + "/settings")]
        return page
    }

    private static func row(
        _ account: SubmissionAccount,
        _ held: [(certificate: PinnedCertificate, standing: PinnedCertificate.Standing)],
        _ visit: Visit
    ) -> MailProgramContent.Account {
        let rules = rules(account.signInRule, visit.words)
        let isLiving = account.disabledAt == nil
        return .init(
            accountName: account.name,
            accountState: isLiving
                ? StatusModel(visit.words("in use"), .good) : StatusModel(visit.words("disabled"), .plain),
            accountSender: account.sender?.mailbox,
            accountHref: visit.path("settings", "mail-programs", account.name).text,
            accountCertificates: held.map { certificate, standing in
                .init(
                    certificateFingerprint: certificate.fingerprint,
                    certificateState: status(standing, visit.words),
                    certificateUntil: visit.moment(certificate.validUntil),
                    certificateAdded: visit.moment(certificate.addedAt),
                    certificateHref: visit.path(
                        "settings",
                        "mail-programs",
                        account.name,
                        "certificates",
                        certificate.fingerprint
                    ).text
                )
            },
            hasCertificates: !held.isEmpty,
            accountRule: rules.first { $0.isChosen }?.choiceLabel ?? "",
            accountRules: rules,
            isLiving: isLiving
        )
    }

    private static func rules(_ chosen: SignInRule, _ words: Words) -> [ChoiceModel] {
        [
            ChoiceModel("password", words("The password"), isChosen: chosen == .password),
            ChoiceModel(
                "both",
                words("The password and a certificate"),
                help: words("A stolen password alone opens nothing."),
                isChosen: chosen == .both
            ),
            ChoiceModel(
                "certificate",
                words("A certificate alone"),
                help: words("By SASL EXTERNAL. The password opens nothing any more."),
                isChosen: chosen == .certificate
            ),
        ]
    }

    private static func status(_ standing: PinnedCertificate.Standing, _ words: Words) -> StatusModel {
        switch standing {
        case .valid: StatusModel(words("in use"), .good)
        case .ending: StatusModel(words("expires soon"), .warn)
        case .notYet: StatusModel(words("not yet valid"), .warn)
        case .ended: StatusModel(words("has expired"), .bad)
        }
    }
}
