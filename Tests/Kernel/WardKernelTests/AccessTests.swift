// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@Suite struct AccessTests {
    private func requester(_ roles: Set<Role>) -> Requester {
        Requester(organization: OrganizationID(high: 1, low: 1), kind: .staff, identifier: [1], roles: roles)
    }

    @Test func `without a role nothing is allowed`() {
        for permission in Permission.allCases { #expect(!requester([]).may(permission)) }
    }

    @Test func `an administrator sees no protected values by that role alone`() {
        for permission in [Permission.viewContacts, .revealContacts, .viewClinical, .viewMessages, .importContacts] {
            #expect(!requester([.administrator]).may(permission))
        }
    }

    @Test func `a marketer neither sees nor filters by clinical fields`() {
        #expect(!requester([.marketer]).may(.viewClinical))
        #expect(!requester([.marketer]).may(.filterByClinical))
        #expect(requester([.marketer, .clinician]).may(.filterByClinical))
    }

    @Test func `an auditor reads the log and no message`() {
        #expect(requester([.auditor]).may(.viewAudit))
        #expect(!requester([.auditor]).may(.viewMessages))
    }

    @Test func `a missing permission is refused by name`() {
        #expect(throws: AccessDenied(permission: .sendCampaigns)) { try requester([.auditor]).require(.sendCampaigns) }
    }
}
