// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// What protects mail to other domains.
    static let destinations: [Route] = [
        .get(
            "/settings/destinations",
            .permission(.manageSettings),
            "DestinationPages.list",
            DestinationPages.list
        ),
        .get(
            "/settings/destinations/:destination",
            .permission(.manageSettings),
            "DestinationPages.show",
            DestinationPages.show
        ),
        .get("/settings/tls-reports", .permission(.manageSettings), "TLSReportPages.list", TLSReportPages.list),
        .post("/settings/tls-reports", .permission(.manageSettings), "TLSReportPages.change", TLSReportPages.change),
        .get(
            "/settings/tls-reports/:destination/:day",
            .permission(.manageSettings),
            "TLSReportPages.show",
            TLSReportPages.show
        ),
    ]
}
