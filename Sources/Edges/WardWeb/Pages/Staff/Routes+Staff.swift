// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Accounts and roles.
    static let staff: [Route] = [
        .get("/settings", .signedIn, "SettingsPages.show", SettingsPages.show),
        .get("/staff", .permission(.manageStaff), "StaffPages.list", StaffPages.list),
        .get("/staff/new", .permission(.manageStaff), "InvitePages.show", InvitePages.show),
        .post("/staff/new", .permission(.manageStaff), "InvitePages.invite", InvitePages.invite),
        .get("/staff/:staff", .permission(.manageStaff), "StaffPages.show", StaffPages.show),
        .post("/staff/:staff/roles", .permission(.manageStaff), "StaffPages.changeRole", StaffPages.changeRole),
        .post("/staff/:staff/link", .permission(.manageStaff), "StaffPages.makeLink", StaffPages.makeLink),
        .post("/staff/:staff/state", .permission(.manageStaff), "StaffPages.changeState", StaffPages.changeState),
        .post(
            "/staff/:staff/sessions/:session/end",
            .permission(.manageStaff),
            "StaffPages.endSession",
            StaffPages.endSession
        ),
    ]
}
