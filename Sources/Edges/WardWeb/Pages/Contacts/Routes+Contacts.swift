// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Searches are posted: a name in an address would be in a history and a log.
    static let contacts: [Route] = [
        .get("/contacts", .permission(.viewContacts), "ContactListPages.list", ContactListPages.list),
        .post("/contacts/search", .permission(.viewContacts), "ContactListPages.search", ContactListPages.search),
        .get("/contacts/:contact", .permission(.viewContacts), "ContactPages.show", ContactPages.show),
        .post("/contacts/:contact/reveal", .permission(.revealContacts), "ContactPages.reveal", ContactPages.reveal),
        .get(
            "/contacts/:contact/passphrase",
            .permission(.answerMessages),
            "PassphrasePages.show",
            PassphrasePages.show
        ),
        .post(
            "/contacts/:contact/passphrase",
            .permission(.answerMessages),
            "PassphrasePages.agree",
            PassphrasePages.agree
        ),
        .post(
            "/contacts/:contact/passphrase/withdraw",
            .permission(.answerMessages),
            "PassphrasePages.withdraw",
            PassphrasePages.withdraw
        ),
        .get("/contacts/:contact/keys", .permission(.viewContacts), "RecipientKeyPages.show", RecipientKeyPages.show),
        .post(
            "/contacts/:contact/keys",
            .permission(.editContacts),
            "RecipientKeyPages.add",
            body: .upload(atMost: 1 << 20),
            RecipientKeyPages.add
        ),
        .post(
            "/contacts/:contact/keys/look-up",
            .permission(.editContacts),
            "RecipientKeyPages.lookUp",
            RecipientKeyPages.lookUp
        ),
        .post(
            "/contacts/:contact/keys/:key/decide",
            .permission(.editContacts),
            "RecipientKeyPages.decide",
            RecipientKeyPages.decide
        ),
        .post(
            "/contacts/:contact/keys/:key/check",
            .permission(.editContacts),
            "RecipientKeyPages.check",
            RecipientKeyPages.check
        ),
        .post(
            "/contacts/:contact/keys/:key/remove",
            .permission(.editContacts),
            "RecipientKeyPages.remove",
            RecipientKeyPages.remove
        ),
    ]
}
