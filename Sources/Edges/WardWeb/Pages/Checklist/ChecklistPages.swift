// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardMailKeys
import WardRender
import WardSenderDomains

struct ChecklistContent: PageModel {
    static let template = "checklist/checklist"

    struct Item: Sendable {
        let itemTitle: String
        let itemState: StatusModel
        let itemText: String
        let itemHref: String?
    }

    let verdict: StatusModel
    let asOf: MomentModel
    let items: [Item]
}

/// What protects the organization's messages, as it is set now: for a business associate agreement, an auditor, and whoever
/// sets Ward up.
enum ChecklistPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let items = try await items(visit)
        let open = items.filter { [.warn, .bad].contains(StatusModel.Tone(rawValue: $0.itemState.statusTone)) }.count
        let content = ChecklistContent(
            verdict: open == 0
                ? StatusModel(visit.words("Everything is in place"), .good)
                : StatusModel(visit.words("{count} {count|point|points} to look at", count: open), .warn),
            asOf: visit.moment(visit.now),
            items: items
        )
        var page = Page(
            visit.words("Encryption checklist"),
            .staff(section: .settings),
            lede: visit.words("What protects messages here, as it is set now. Print it for an agreement or an audit."),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Settings"), href: visit.base + "/settings")]
        return .page(page)
    }

    private static func items(_ visit: Visit) async throws -> [ChecklistContent.Item] {
        let requester = try visit.requester
        let policy = try await visit.facades.delivery.policies(by: requester).inForce.policy
        let routes = try await visit.facades.delivery.routes(by: requester)
        let domain = try await visit.facades.senderDomains.report(by: requester)
        let keys = try await visit.facades.mailKeys.keys(by: requester)
        return [
            storage(visit), everyMessage(visit), order(policy, visit), forcedTLS(policy, visit), relays(routes, visit),
            signing(domain, visit), records(domain, visit), scan(policy, visit), ownKeys(keys, visit),
        ]
    }

    private static func storage(_ visit: Visit) -> ChecklistContent.Item {
        .init(
            itemTitle: visit.words("Storage is encrypted"),
            itemState: StatusModel(visit.words("always"), .good),
            itemText: visit.words(
                "People’s facts, messages, files and keys are sealed with AES-256-GCM before they are stored, each person’s "
                    + "under a key of their own. It cannot be switched off."
            ),
            itemHref: nil
        )
    }

    private static func everyMessage(_ visit: Visit) -> ChecklistContent.Item {
        .init(
            itemTitle: visit.words("Every message is encrypted without anybody’s doing"),
            itemState: StatusModel(visit.words("always"), .good),
            itemText: visit.words(
                "The send gate asks of each message what may carry it. Where nothing may, the message waits; it never leaves "
                    + "unprotected instead."
            ),
            itemHref: visit.path("queue").text
        )
    }

    private static func order(_ policy: ProtectionPolicy, _ visit: Visit) -> ChecklistContent.Item {
        let effective = policy.effective(domain: "")
        let methods = effective.order.value.filter { effective.methods.contains($0) }
        return .init(
            itemTitle: visit.words("Type of encryption"),
            itemState: methods.isEmpty
                ? StatusModel(visit.words("no method is allowed"), .bad) : StatusModel(visit.words("chosen"), .good),
            itemText: methods.map { visit.words($0.title) }.joined(separator: ", "),
            itemHref: visit.path("settings", "protection").text
        )
    }

    private static func forcedTLS(_ policy: ProtectionPolicy, _ visit: Visit) -> ChecklistContent.Item {
        let rules = [policy.organization] + policy.scoped.map(\.rule)
        let exceptions = rules.filter { $0.mayGoUnprotectedWhenFree == true }.count
        let text =
            exceptions == 0
            ? visit.words(
                "TLS counts only when the server’s certificate was verified. Without it the next method is taken."
            )
            : visit.words(
                "{count} {count|rule lets|rules let} a message that was declared free of health information go without TLS.",
                count: exceptions
            )
        return .init(
            itemTitle: visit.words("TLS is enforced"),
            itemState: exceptions == 0
                ? StatusModel(visit.words("always"), .good) : StatusModel(visit.words("with exceptions"), .warn),
            itemText: text,
            itemHref: visit.path("settings", "protection").text
        )
    }

    private static func relays(_ routes: [RouteListing], _ visit: Visit) -> ChecklistContent.Item {
        let foreign = routes.map(\.route).filter { !$0.isRecipientsServer }
        let open = foreign.filter { !$0.hasAgreement || !$0.hasOnwardTLS }
        let text =
            foreign.isEmpty
            ? visit.words("No relay of somebody else is on the way.")
            : open.isEmpty
                ? visit.words("Each relay’s operator has an agreement and passes mail on over verified TLS alone.")
                : visit.words(
                    "{names}: an agreement or verified TLS onward is not on record, so protected mail does not go there.",
                    ["names": open.map(\.host).joined(separator: ", ")]
                )
        return .init(
            itemTitle: visit.words("Relays have agreements"),
            itemState: open.isEmpty
                ? StatusModel(visit.words("in place"), .good) : StatusModel(visit.words("to look at"), .warn),
            itemText: text,
            itemHref: visit.path("settings", "routes").text
        )
    }
}

extension ChecklistPages {
    private static func signing(_ report: DomainReport, _ visit: Visit) -> ChecklistContent.Item {
        .init(
            itemTitle: visit.words("Mail is signed as yours"),
            itemState: report.isSigning
                ? StatusModel(visit.words("in place"), .good) : StatusModel(visit.words("to look at"), .warn),
            itemText: report.isSigning
                ? visit.words("DKIM signs what leaves from {domain}.", ["domain": report.domain])
                : visit.words("Mail leaves unsigned: no key is active"),
            itemHref: visit.path("settings", "sending").text
        )
    }

    private static func records(_ report: DomainReport, _ visit: Visit) -> ChecklistContent.Item {
        let lacking = report.records.filter { !$0.standing.holds }
        return .init(
            itemTitle: visit.words("DNS says how your mail is protected"),
            itemState: lacking.isEmpty
                ? StatusModel(visit.words("in place"), .good) : StatusModel(visit.words("to look at"), .warn),
            itemText: lacking.isEmpty
                ? visit.words("All records are published.")
                : visit.words(
                    "Not as it should be: {names}",
                    ["names": lacking.map(\.purpose.word).joined(separator: ", ")]
                ),
            itemHref: visit.path("settings", "sending").text
        )
    }

    private static func scan(_ policy: ProtectionPolicy, _ visit: Visit) -> ChecklistContent.Item {
        let stops = policy.scan.actions.values.filter { $0 != .note }.count
        return .init(
            itemTitle: visit.words("Content is looked through"),
            itemState: stops > 0
                ? StatusModel(visit.words("in place"), .good) : StatusModel(visit.words("notes alone"), .warn),
            itemText: stops > 0
                ? visit.words("{count} {count|kind|kinds} of finding hold, raise or refuse a message.", count: stops)
                : visit.words("Findings are noted, and nothing else follows. A subject with a finding never leaves."),
            itemHref: visit.path("settings", "protection").text
        )
    }

    private static func ownKeys(_ keys: [OwnMailKey], _ visit: Visit) -> ChecklistContent.Item {
        let active = keys.filter { $0.state == .active }.count
        return .init(
            itemTitle: visit.words("Others can write to you encrypted"),
            itemState: active > 0
                ? StatusModel(visit.words("in place"), .good) : StatusModel(visit.words("not set up"), .plain),
            itemText: active > 0
                ? visit.words("{count} {count|certificate or key|certificates and keys} of your own.", count: active)
                : visit.words("No certificate or key of your own yet. It is not needed for sending."),
            itemHref: visit.path("settings", "sending", "mail-keys").text
        )
    }
}
