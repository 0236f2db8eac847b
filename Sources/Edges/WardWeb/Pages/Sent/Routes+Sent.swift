// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Messages as they were sent.
    static let sent: [Route] = [
        .get("/sent/:message", .permission(.viewMessages), "SentPages.ask", SentPages.ask),
        .post("/sent/:message", .permission(.viewMessages), "SentPages.show", SentPages.show),
    ]
}
