// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCrypto
import WardKernel
import WardStorage

/// The end of an exchange: what was proved, if anything, and from where.
struct SignIn: Sendable {
    let login: String
    /// The keys that were proved; nil: none.
    let keys: SCRAMKeys?
    let peer: String
}

/// Writes sign-ins into the audit log, those that end at the same time together.
struct SignInRecords: Sendable {
    let accounts: AccountRecords
    let audit: Audit

    /// The accounts that are signed in, as they are now, in the order of the sign-ins; nil where what was proved is not
    /// theirs or no longer, or the account is disabled.
    func record(_ signIns: [SignIn], in tx: any WriteTransaction) throws -> [SubmissionAccount?] {
        struct Present {
            let account: SubmissionAccount
            let keys: SCRAMKeys
        }
        var known: [String: Present?] = [:]
        for login in Set(signIns.map(\.login)) {
            known[login] = try accounts.find(login, in: tx).map { organization, row in
                let secrets = try accounts.secrets(of: row, organization: organization, in: tx)
                return Present(
                    account: accounts.account(row, secrets, organization: organization),
                    keys: secrets.expose(for: .evaluating, \.keys)
                )
            }
        }
        return try signIns.map { signIn in
            guard let present = known[signIn.login] ?? nil else { return nil }
            let isRight = present.account.disabledAt == nil && signIn.keys == present.keys
            var requester = present.account.requester
            requester.networkAddress = signIn.peer
            try audit.record(
                AuditEntry(
                    .submissionSignIn,
                    object: AuditObject(kind: "submission_account", present.account.id),
                    outcome: isRight ? .success : .failed
                ),
                by: requester,
                in: tx
            )
            return isRight ? present.account : nil
        }
    }
}
