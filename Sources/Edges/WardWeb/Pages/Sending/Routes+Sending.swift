// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// The sender domain: its signing keys and what its DNS must say.
    static let sending: [Route] = [
        .get(
            "/settings/sending",
            .permission(.manageSettings),
            "SendingDomainPages.show",
            SendingDomainPages.show
        ),
        .post(
            "/settings/sending/keys",
            .permission(.manageSettings),
            "SendingDomainPages.make",
            SendingDomainPages.make
        ),
        .post(
            "/settings/sending/keys/:selector/activate",
            .permission(.manageSettings),
            "SendingDomainPages.activate",
            SendingDomainPages.activate
        ),
        .post(
            "/settings/sending/keys/:selector/retire",
            .permission(.manageSettings),
            "SendingDomainPages.retire",
            SendingDomainPages.retire
        ),
    ]
}
