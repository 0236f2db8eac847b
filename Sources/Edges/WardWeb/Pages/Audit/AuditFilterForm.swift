// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardKernel
import WardRender

/// What the filters of the audit page ask for, from a query or a form.
struct AuditFilterForm: Sendable {
    /// Actions in groups that people ask for, by the first word of their names.
    static let groups: [(value: String, label: String, actions: [String])] = [
        ("sign-in", "Sign-in and sessions", ["session.sign_in", "session.end", "session.switch_person"]),
        (
            "staff", "Accounts and roles",
            [
                "staff.invite", "staff.link", "staff.role_give", "staff.role_take", "staff.disable", "staff.enable",
                "staff.password_set", "staff.system_user",
            ]
        ),
        ("reveal", "Values seen", ["contact.reveal", "contact.view", "segment.reveal"]),
        (
            "import", "Imports",
            ["import.begin", "import.finish", "import.undo", "import.start", "import.download_rejected"]
        ),
        (
            "send", "Sends",
            ["campaign.send", "campaign.schedule", "message.submit", "message.send", "delivery.attempt"]
        ),
        ("audit", "The log itself", ["audit.view", "audit.verify", "audit.export"]),
        ("keys", "Keys", ["key.establish", "key.rotate", "key.destroy"]),
    ]

    let group: String
    let outcome: String
    let from: CalendarDate?
    let until: CalendarDate?

    init(_ fields: Fields) throws(BadRequest) {
        group = try fields.text("group")
        outcome = try fields.text("outcome")
        from = CalendarDate(try fields.text("from"))
        until = CalendarDate(try fields.text("until"))
    }

    var isEmpty: Bool { group.isEmpty && outcome.isEmpty && from == nil && until == nil }

    func filter(_ times: Times) -> AuditFilter {
        let actions = Self.groups.first { $0.value == group }?.actions ?? []
        return AuditFilter(
            actions: actions.map(AuditAction.init(rawValue:)),
            outcome: AuditOutcome(rawValue: outcome),
            from: from.map { times.moment(on: $0, minutes: 0) },
            until: until.map { times.moment(on: $0.adding(days: 1), minutes: 0) }
        )
    }

    var query: [(String, String)] {
        [
            ("group", group), ("outcome", outcome), ("from", from?.description ?? ""),
            ("until", until?.description ?? ""),
        ]
        .filter { !$0.1.isEmpty }
    }
}
