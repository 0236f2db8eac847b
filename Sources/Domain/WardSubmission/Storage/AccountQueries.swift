// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardDelivery
import WardKernel
import WardStorage

/// A row of `submission_account`, its keys and its sender still sealed.
struct AccountRow: Sendable {
    var id: SubmissionAccountID
    var name: String
    var sealed: [UInt8]
    var messageClass: MessageClass
    var sensitivity: Sensitivity
    var messagesPerHour: Int
    var recipientsPerMessage: Int
    var signInRule: SignInRule
    var madeAt: Timestamp
    var disabledAt: Timestamp?
}

enum AccountQueries {
    private static let columns: SQL = """
        id, name, sealed, message_class, sensitivity, messages_per_hour, recipients_per_message, sign_in_rule, made_at,
            disabled_at
        """

    static func insert(_ row: AccountRow, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO submission_account (organization, \(fragment: columns))
            VALUES (\(organization), \(row.id), \(row.name), \(row.sealed), \(row.messageClass.rawValue),
                \(row.sensitivity.rawValue), \(row.messagesPerHour), \(row.recipientsPerMessage),
                \(row.signInRule.rawValue), \(row.madeAt), \(row.disabledAt))
            """
        )
    }

    static func find(
        _ name: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AccountRow? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM submission_account
            WHERE organization = \(organization) AND name = \(name)
            """
        ).map(account)
    }

    static func find(
        _ id: SubmissionAccountID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AccountRow? {
        try tx.row(
            "SELECT \(fragment: columns) FROM submission_account WHERE organization = \(organization) AND id = \(id)"
        ).map(account)
    }

    static func set(
        _ rule: SignInRule,
        of id: SubmissionAccountID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE submission_account SET sign_in_rule = \(rule.rawValue)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [AccountRow] {
        try tx.rows(
            "SELECT \(fragment: columns) FROM submission_account WHERE organization = \(organization) ORDER BY name"
        ).map(account)
    }

    static func disable(
        _ id: SubmissionAccountID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE submission_account SET disabled_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND disabled_at IS NULL
            """
        )
    }

    private static func account(_ row: Row) throws -> AccountRow {
        guard let messageClass = MessageClass(rawValue: try row.value("message_class")),
            let sensitivity = Sensitivity(rawValue: try row.value("sensitivity")),
            let signInRule = SignInRule(rawValue: try row.value("sign_in_rule"))
        else { throw StoreError(code: .decoding, detail: "submission_account") }
        return AccountRow(
            id: try row.value("id"),
            name: try row.value("name"),
            sealed: try row.value("sealed"),
            messageClass: messageClass,
            sensitivity: sensitivity,
            messagesPerHour: try row.value("messages_per_hour"),
            recipientsPerMessage: try row.value("recipients_per_message"),
            signInRule: signInRule,
            madeAt: try row.value("made_at"),
            disabledAt: try row.optional("disabled_at")
        )
    }
}

enum UsageQueries {
    /// Adds to an account's hour and returns what it has now.
    static func add(
        _ messages: Int,
        to account: SubmissionAccountID,
        hour: Int64,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            INSERT INTO submission_usage (organization, account, hour, messages)
            VALUES (\(organization), \(account), \(hour), \(messages))
            ON CONFLICT (organization, account, hour)
            DO UPDATE SET messages = submission_usage.messages + excluded.messages
            """
        )
        return try tx.first(
            """
            SELECT messages FROM submission_usage
            WHERE organization = \(organization) AND account = \(account) AND hour = \(hour)
            """
        ) ?? 0
    }

    /// Notes a digest; false when it was noted since that time.
    static func note(
        _ digest: [UInt8],
        by account: SubmissionAccountID,
        since: Timestamp,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO submission_seen (organization, account, digest, made_at)
            VALUES (\(organization), \(account), \(digest), \(now)) ON CONFLICT (organization, account, digest)
            DO UPDATE SET made_at = excluded.made_at WHERE submission_seen.made_at < \(since)
            """
        ) > 0
    }

    /// Removes what no longer counts: digests before that time, and hours before that one.
    static func purge(
        before time: Timestamp,
        hour: Int64,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("DELETE FROM submission_seen WHERE organization = \(organization) AND made_at < \(time)")
        try tx.execute("DELETE FROM submission_usage WHERE organization = \(organization) AND hour < \(hour)")
    }
}
