// SPDX-License-Identifier: Apache-2.0

extension Routes {
    /// The page behind an unsubscribe link. The address is the secret; nobody signs in (hipaa/rules.md AT-6.5).
    static let unsubscribe: [Route] = [
        .get("/u/:token", .anyone, "UnsubscribePages.ask", UnsubscribePages.ask),
        .post(
            "/u/:token",
            .anyone,
            "UnsubscribePages.unsubscribe",
            body: .unguarded(atMost: 4_096),
            UnsubscribePages.unsubscribe
        ),
    ]
}
