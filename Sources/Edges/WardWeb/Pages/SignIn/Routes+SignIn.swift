// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// For people who are not signed in: these pages show nothing but the organization's name, and every answer to a
    /// wrong password is the same.
    static let signIn: [Route] = [
        .get("/sign-in", .anyone, "SignInPages.show", SignInPages.show),
        .post("/sign-in", .anyone, "SignInPages.signIn", SignInPages.signIn),
        .get("/welcome/:token", .anyone, "WelcomePages.show", WelcomePages.show),
        .post("/welcome/:token", .anyone, "WelcomePages.setPassword", WelcomePages.setPassword),
    ]
}
