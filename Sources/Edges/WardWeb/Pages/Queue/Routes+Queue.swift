// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// The mail queue.
    static let queue: [Route] = [
        .get("/queue", .permission(.viewCampaigns), "QueuePages.list", QueuePages.list),
        .post("/queue/seen", .permission(.viewCampaigns), "QueuePages.see", QueuePages.see),
        .get("/queue/:message", .permission(.viewCampaigns), "DecisionPages.showMessage", DecisionPages.showMessage),
        .post("/queue/:message", .permission(.viewCampaigns), "QueuePages.order", QueuePages.order),
    ]
}
