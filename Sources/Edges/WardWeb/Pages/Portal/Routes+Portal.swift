// SPDX-License-Identifier: Apache-2.0

extension Routes {
    /// A person reads and answers a message. Nobody has an account here: the link's token and the second step open a
    /// visit, and `Portal` decides on each request what it is worth.
    static let portal: [Route] = [
        .get("/m/:link", .anyone, "RecognitionPages.follow", RecognitionPages.follow),
        .post("/m/:link", .anyone, "RecognitionPages.recognise", RecognitionPages.recognise),
        .get("/message", .anyone, "ConversationPages.read", ConversationPages.read),
        .post(
            "/message",
            .anyone,
            "ConversationPages.answer",
            body: .upload(atMost: 22 << 20),
            ConversationPages.answer
        ),
        .get("/message/:message/files/:file", .anyone, "ConversationPages.attachment", ConversationPages.attachment),
        .post("/message/sign-out", .anyone, "ConversationPages.signOut", ConversationPages.signOut),
        .get("/message/closed", .anyone, "ConversationPages.closed", ConversationPages.closed),
    ]
}
