// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

struct SettingsContent: PageModel {
    static let template = "staff/settings"

    let name: String
    let postalAddress: String
    let timeZone: String
    let senderDomain: String
    let staffAddress: String
    let patientAddress: String
    let mayManageStaff: Bool
    let mayManageSettings: Bool
}

enum SettingsPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let organization = visit.organization
        let content = SettingsContent(
            name: organization.name,
            postalAddress: organization.postalAddress,
            timeZone: organization.timeZone,
            senderDomain: organization.senderDomain,
            staffAddress: organization.staffAddress,
            patientAddress: organization.patientAddress,
            mayManageStaff: try visit.requester.may(.manageStaff),
            mayManageSettings: try visit.requester.may(.manageSettings)
        )
        return .page(Page(visit.words("Settings"), .staff(section: .settings), content: content))
    }
}
