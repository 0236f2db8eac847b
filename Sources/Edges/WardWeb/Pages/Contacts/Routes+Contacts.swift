// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// Searches are posted: a name in an address would be in a history and a log.
    static let contacts: [Route] = [
        .get("/contacts", .permission(.viewContacts), "ContactListPages.list", ContactListPages.list),
        .post("/contacts/search", .permission(.viewContacts), "ContactListPages.search", ContactListPages.search),
        .get("/contacts/:contact", .permission(.viewContacts), "ContactPages.show", ContactPages.show),
        .post("/contacts/:contact/reveal", .permission(.revealContacts), "ContactPages.reveal", ContactPages.reveal),
    ]
}
