// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Where mail is handed over. `all` stands in addresses for the route of all other domains.
    static let mailRoutes: [Route] = [
        .get("/settings/routes", .permission(.manageSettings), "MailRoutePages.list", MailRoutePages.list),
        .get("/settings/routes/new", .permission(.manageSettings), "MailRoutePages.new", MailRoutePages.new),
        .post("/settings/routes/new", .permission(.manageSettings), "MailRoutePages.add", MailRoutePages.add),
        .get("/settings/routes/:domain", .permission(.manageSettings), "MailRoutePages.show", MailRoutePages.show),
        .post("/settings/routes/:domain", .permission(.manageSettings), "MailRoutePages.change", MailRoutePages.change),
        .post(
            "/settings/routes/:domain/remove",
            .permission(.manageSettings),
            "MailRoutePages.remove",
            MailRoutePages.remove
        ),
    ]
}
