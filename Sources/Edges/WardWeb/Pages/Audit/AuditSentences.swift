// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardKernel
import WardRender

/// Sentences for the actions whose general form (`AuditRecord.sentence`) would read stiffly.
enum AuditSentences {
    private static let texts: [String: String] = [
        "session.sign_in": "{actor} signed in.",
        "session.switch_person": "{actor} continued as {object}.",
        "staff.invite": "{actor} made an account for {object}.",
        "staff.link": "{actor} made a new link for {object}.",
        "staff.role_give": "{actor} gave {object} the role {role}.",
        "staff.role_take": "{actor} took the role {role} from {object}.",
        "staff.disable": "{actor} disabled the account of {object}.",
        "staff.enable": "{actor} enabled the account of {object}.",
        "staff.password_set": "{actor} set a password.",
        "staff.system_user": "{actor} let operating-system user {user} act as {object}.",
        "organization.establish": "The organization was established.",
        "organization.change": "{actor} changed the organization's details.",
        "campaign.preflight": "{actor} had everybody in a campaign checked, without sending.",
        "portal.attachment": "{actor} took out a file of a conversation with {subject}.",
        "recipient_key.add": "{actor} kept a certificate or key of {subject}.",
        "recipient_key.accept": "{actor} took a proposed key of {subject} into use.",
        "recipient_key.decline": "{actor} declined a proposed key of {subject}.",
        "recipient_key.look_up": "{actor} asked a domain for the key of {subject}.",
        "recipient_key.check": "A certificate of {subject} was checked with its authority.",
        "recipient_key.remove": "{actor} removed a certificate or key of {subject}.",
        "mail_key.make": "{actor} made or imported a mail key of the organization.",
        "mail_key.install": "{actor} installed a certificate for a mail key.",
        "mail_key.activate": "{actor} had a mail key sign from now on.",
        "mail_key.retire": "{actor} had a mail key sign no more.",
        "mail_key.destroy": "{actor} destroyed the secret half of a mail key.",
        "mail_key.settings": "{actor} changed what the mail keys are used for.",
        "audit.view": "{actor} read the audit log.",
        "audit.verify": "{actor} verified the audit log.",
        "audit.export": "{actor} exported the audit log.",
        "destination.drop": "Mail to a domain became less protected on the way than before.",
        "destination.recover": "Mail to a domain is as well protected on the way as before again.",
        "tls_report.send": "A report about TLS was handed over to the owner of a domain.",
        "tls_report.fail": "A report about TLS could not be handed over within a day.",
        "tls_report.setting": "{actor} turned reports about TLS on or off.",
    ]

    private static let endings: [String: String] = [
        "signedOut": "{object} signed out.",
        "idle": "A session of {object} ended because nothing happened for 15 minutes.",
        "absolute": "A session of {object} ended because its longest time was over.",
        "byAdministrator": "{actor} ended a session of {object}.",
        "byPerson": "{actor} ended another session of her or his own.",
        "accountDisabled": "A session of {object} ended because the account was disabled.",
        "passwordChanged": "A session of {object} ended because the password changed.",
        "rolesChanged": "A session of {object} ended because the roles changed.",
        "renewed": "A session of {object} got a new token because the roles changed.",
    ]

    private static let passphrases: [String: String] = [
        "agreed": "{actor} agreed a passphrase with {subject}.",
        "replaced": "{actor} replaced the passphrase of {subject}.",
        "withdrawn": "{actor} took the passphrase of {subject} back.",
    ]

    private static let routes: [String: String] = [
        "added": "{actor} added the mail route of {domain}.",
        "changed": "{actor} changed the mail route of {domain}.",
        "removed": "{actor} removed the mail route of {domain}.",
    ]

    static func sentence(_ record: AuditRecord, _ names: AuditNames, _ words: Words) -> String {
        let facts = facts(record)
        let general = record.sentence(names: names).expose(for: .disclosing) { $0 }
        guard let text = text(record, facts) else { return general }
        let object = record.object.flatMap { names.object($0) }
        var values = facts
        values["actor"] = names.actor(record.actorKind, record.actor) ?? words("The system")
        values["object"] = object ?? words("an account")
        values["subject"] = record.subject.flatMap { names.subject($0) } ?? words("a person")
        if record.object?.kind == "route", let domain = record.object?.identifier {
            values["domain"] =
                domain == Array("*".utf8) ? words("all other domains") : String(decoding: domain, as: UTF8.self)
        }
        values["place"] = facts["page"] ?? facts["command"]
        values["role"] = facts["role"].map { words($0) }
        return words(text, values)
    }

    private static func text(_ record: AuditRecord, _ facts: [String: String]) -> String? {
        switch (record.action.rawValue, record.outcome) {
        case ("session.sign_in", .denied):
            facts["account"] == "known"
                ? "A sign-in as {object} was refused." : "A sign-in with an unknown address was refused."
        case ("access.request", _): "{actor} was refused {place}: it needs the permission {permission}."
        case ("audit.verify", .failed): "{actor} verified the audit log, and it is damaged."
        case (_, .denied), (_, .failed): nil
        case ("portal.passphrase", _): facts["change"].flatMap { passphrases[$0] }
        case ("route.change", _): facts["change"].flatMap { routes[$0] }
        case ("session.end", _): facts["end"].flatMap { endings[$0] }
        case (let action, _): texts[action]
        }
    }

    /// `name=value;…` as the record keeps them.
    private static func facts(_ record: AuditRecord) -> [String: String] {
        let pairs = record.content.facts.split(separator: ";").compactMap { pair -> (String, String)? in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
