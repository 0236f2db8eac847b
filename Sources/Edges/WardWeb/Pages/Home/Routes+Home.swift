// SPDX-License-Identifier: Apache-2.0

extension Routes {
    static let home: [Route] = [
        .get("", .signedIn, "HomePages.show", HomePages.show)
    ]
}
