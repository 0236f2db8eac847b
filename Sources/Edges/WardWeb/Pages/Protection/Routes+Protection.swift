// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// The protection policy, its draft, and what one person asked for.
    static let protection: [Route] = [
        .get("/settings/protection", .permission(.manageSettings), "ProtectionPages.show", ProtectionPages.show),
        .post("/settings/protection/rule", .permission(.manageSettings), "ProtectionPages.rule", ProtectionPages.rule),
        .post(
            "/settings/protection/remove",
            .permission(.manageSettings),
            "ProtectionPages.remove",
            ProtectionPages.remove
        ),
        .post("/settings/protection/scan", .permission(.manageSettings), "ProtectionPages.scan", ProtectionPages.scan),
        .post(
            "/settings/protection/marks",
            .permission(.manageSettings),
            "ProtectionPages.marks",
            ProtectionPages.marks
        ),
        .get("/settings/protection/drugs", .permission(.manageSettings), "DrugListPages.show", DrugListPages.show),
        .post("/settings/protection/drugs/add", .permission(.manageSettings), "DrugListPages.add", DrugListPages.add),
        .post(
            "/settings/protection/drugs/remove",
            .permission(.manageSettings),
            "DrugListPages.remove",
            DrugListPages.remove
        ),
        .post(
            "/settings/protection/try",
            .permission(.manageSettings),
            "ProtectionPages.tryDraft",
            ProtectionPages.tryDraft
        ),
        .get(
            "/settings/protection/try",
            .permission(.manageSettings),
            "ProtectionPages.followTrial",
            ProtectionPages.followTrial
        ),
        .post(
            "/settings/protection/try/cancel",
            .permission(.manageSettings),
            "ProtectionPages.cancelTrial",
            ProtectionPages.cancelTrial
        ),
        .post(
            "/settings/protection/activate",
            .permission(.manageSettings),
            "ProtectionPages.activate",
            ProtectionPages.activate
        ),
        .post(
            "/settings/protection/discard",
            .permission(.manageSettings),
            "ProtectionPages.discard",
            ProtectionPages.discard
        ),
        .get(
            "/contacts/:contact/protection",
            .permission(.viewContacts),
            "PersonProtectionPages.show",
            PersonProtectionPages.show
        ),
        .post(
            "/contacts/:contact/protection",
            .permission(.editConsent),
            "PersonProtectionPages.change",
            PersonProtectionPages.change
        ),
        .get(
            "/contacts/:contact/requests",
            .permission(.viewConsent),
            "UnencryptedRequestPages.show",
            UnencryptedRequestPages.show
        ),
        .post(
            "/contacts/:contact/requests",
            .permission(.editConsent),
            "UnencryptedRequestPages.record",
            UnencryptedRequestPages.record
        ),
        .post(
            "/contacts/:contact/requests/withdraw",
            .permission(.editConsent),
            "UnencryptedRequestPages.withdraw",
            UnencryptedRequestPages.withdraw
        ),
    ]
}
