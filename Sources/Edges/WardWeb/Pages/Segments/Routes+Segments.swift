// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Rules are posted: a rule may name a diagnosis.
    static let segments: [Route] = [
        .get("/segments", .permission(.viewSegments), "SegmentListPages.list", SegmentListPages.list),
        .get("/segments/new", .permission(.editSegments), "SegmentEditPages.showNew", SegmentEditPages.showNew),
        .post("/segments/new", .permission(.editSegments), "SegmentEditPages.postNew", SegmentEditPages.postNew),
        .get("/segments/:segment", .permission(.viewSegments), "SegmentPages.show", SegmentPages.show),
        .get("/segments/:segment/edit", .permission(.editSegments), "SegmentEditPages.show", SegmentEditPages.show),
        .post("/segments/:segment/edit", .permission(.editSegments), "SegmentEditPages.post", SegmentEditPages.post),
        .post("/segments/:segment/delete", .permission(.editSegments), "SegmentPages.delete", SegmentPages.delete),
        .get(
            "/segments/:segment/why/:contact",
            .permission(.viewSegments),
            "SegmentPages.why",
            SegmentPages.why
        ),
        .post("/segments/:segment/reveal", .permission(.revealContacts), "SegmentPages.reveal", SegmentPages.reveal),
    ]
}
