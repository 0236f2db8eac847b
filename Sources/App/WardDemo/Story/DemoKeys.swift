// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardSenderDomains
import WardServer

/// Signs the demonstration's mail: keys made at the first start, their records published in the mail world's DNS at each.
struct DemoKeys: Sendable {
    let installation: Installation
    let zone: DemoZone
    let organization: OrganizationID

    func prepare() async throws {
        let domains = installation.modules.senderDomains
        let requester = Requester.service("demonstration", of: organization)
        var keys = try await domains.keys(by: requester)
        if keys.isEmpty { keys = try await domains.makeKeys(why: "The demonstration's first keys", by: requester) }
        for key in keys { zone.publish(key.recordText, at: key.recordName) }
        let report = try await domains.report(by: requester)
        zone.publish("v=spf1 a:\(report.mailHostName) -all", at: report.domain)
        zone.publish("v=DMARC1; p=reject", at: "_dmarc.\(report.domain)")
        if report.isSigning { return }
        for key in keys where key.state == .waiting {
            _ = try await domains.activate(selector: key.selector, by: requester)
        }
    }
}
