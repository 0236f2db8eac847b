// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    static let imports: [Route] = [
        .get("/imports", .permission(.importContacts), "ImportPages.list", ImportPages.list),
        .post(
            "/imports",
            .permission(.importContacts),
            "ImportPages.upload",
            body: .upload(atMost: 2 << 30),
            ImportPages.upload
        ),
        .get("/imports/:import", .permission(.importContacts), "ImportPages.show", ImportPages.show),
        .get("/imports/:import/progress", .permission(.importContacts), "ImportPages.progress", ImportPages.progress),
        .post("/imports/:import/start", .permission(.importContacts), "ImportPages.start", ImportPages.start),
        .post("/imports/:import/undo", .permission(.importContacts), "ImportPages.undo", ImportPages.undo),
        .post("/imports/:import/rejected", .permission(.importContacts), "ImportPages.rejected", ImportPages.rejected),
    ]
}
