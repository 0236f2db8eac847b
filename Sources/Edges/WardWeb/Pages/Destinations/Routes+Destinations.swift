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
    ]
}
