// SPDX-License-Identifier: Apache-2.0

extension Routes {
    /// Everybody's own account and session.
    static let account: [Route] = [
        .get("/account", .signedIn, "AccountPages.show", AccountPages.show),
        .get("/account/password", .signedIn, "PasswordPages.show", PasswordPages.show),
        .post("/account/password", .signedIn, "PasswordPages.change", PasswordPages.change),
        .post("/account/sessions/:session/end", .signedIn, "AccountPages.endSession", AccountPages.endSession),
        .post("/session/extend", .signedIn, "AccountPages.extend", AccountPages.extend),
        .post("/switch-person", .signedIn, "AccountPages.switchPerson", AccountPages.switchPerson),
        .post("/sign-out", .signedIn, "AccountPages.signOut", AccountPages.signOut),
    ]
}
