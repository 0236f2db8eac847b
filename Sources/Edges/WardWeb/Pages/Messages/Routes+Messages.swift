// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Conversations with people who answered in the portal.
    static let messages: [Route] = [
        .get("/messages", .permission(.viewMessages), "MessagesPages.list", MessagesPages.list),
        .get("/messages/:thread", .permission(.viewMessages), "ThreadPages.show", ThreadPages.show),
        .post(
            "/messages/:thread",
            .permission(.answerMessages),
            "ThreadPages.answer",
            body: .upload(atMost: 22 << 20),
            ThreadPages.answer
        ),
        .get(
            "/messages/:thread/files/:message/:file",
            .permission(.viewMessages),
            "ThreadPages.attachment",
            ThreadPages.attachment
        ),
        .post("/messages/:thread/handled", .permission(.answerMessages), "ThreadPages.mark", ThreadPages.mark),
        .post("/messages/:thread/assign", .permission(.answerMessages), "ThreadPages.assign", ThreadPages.assign),
        .post("/messages/:thread/retract", .permission(.answerMessages), "ThreadPages.retract", ThreadPages.retract),
        .post("/messages/unlock/:contact", .permission(.answerMessages), "MessagesPages.unlock", MessagesPages.unlock),
    ]
}
