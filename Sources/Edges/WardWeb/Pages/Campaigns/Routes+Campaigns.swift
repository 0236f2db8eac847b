// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Campaigns: list, compose, check, send, follow, report.
    static let campaigns: [Route] = [
        .get("/campaigns", .permission(.viewCampaigns), "CampaignListPages.list", CampaignListPages.list),
        .post("/campaigns", .permission(.editCampaigns), "CampaignListPages.create", CampaignListPages.create),
        .get("/campaigns/:campaign", .permission(.viewCampaigns), "CampaignPages.show", CampaignPages.show),
        .post(
            "/campaigns/:campaign",
            .permission(.editCampaigns),
            "ComposePages.save",
            body: .fields(atMost: 256 * 1_024),
            ComposePages.save
        ),
        .post("/campaigns/:campaign/check", .permission(.viewCampaigns), "CheckPages.begin", CheckPages.begin),
        .get("/campaigns/:campaign/check", .permission(.viewCampaigns), "CheckPages.follow", CheckPages.follow),
        .post(
            "/campaigns/:campaign/check/cancel",
            .permission(.viewCampaigns),
            "CheckPages.cancel",
            CheckPages.cancel
        ),
        .post("/campaigns/:campaign/test", .permission(.editCampaigns), "ComposePages.test", ComposePages.test),
        .get("/campaigns/:campaign/preview", .permission(.revealContacts), "PreviewPages.show", PreviewPages.show),
        .post("/campaigns/:campaign/send", .permission(.sendCampaigns), "CampaignPages.send", CampaignPages.send),
        .post(
            "/campaigns/:campaign/command",
            .permission(.sendCampaigns),
            "CampaignPages.command",
            CampaignPages.command
        ),
        .get(
            "/campaigns/:campaign/progress",
            .permission(.viewCampaigns),
            "ReportPages.progress",
            ReportPages.progress
        ),
        .get(
            "/campaigns/:campaign/people",
            .permission(.viewContacts),
            "CampaignPeoplePages.list",
            CampaignPeoplePages.list
        ),
        .get(
            "/campaigns/:campaign/people/:contact",
            .permission(.viewContacts),
            "DecisionPages.show",
            DecisionPages.show
        ),
        .post(
            "/campaigns/:campaign/people/:contact/again",
            .permission(.viewContacts),
            "DecisionPages.askAgain",
            DecisionPages.askAgain
        ),
    ]
}
