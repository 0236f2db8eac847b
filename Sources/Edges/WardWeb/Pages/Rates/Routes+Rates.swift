// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// How fast mail goes, what stops it, and for how long it is kept.
    static let rates: [Route] = [
        .get("/settings/rates", .permission(.manageSettings), "RatePages.show", RatePages.show),
        .post("/settings/rates/limit", .permission(.manageSettings), "RatePages.limit", RatePages.limit),
        .post("/settings/rates/lift", .permission(.manageSettings), "RatePages.lift", RatePages.lift),
        .post("/settings/rates/warm-up", .permission(.manageSettings), "RatePages.warmUp", RatePages.warmUp),
        .post("/settings/rates/end", .permission(.manageSettings), "RatePages.endWarmUp", RatePages.endWarmUp),
        .post("/settings/rates/release", .permission(.manageSettings), "RatePages.release", RatePages.release),
        .get("/settings/retention", .permission(.manageSettings), "RetentionPages.show", RetentionPages.show),
        .post("/settings/retention", .permission(.manageSettings), "RetentionPages.change", RetentionPages.change),
    ]
}
