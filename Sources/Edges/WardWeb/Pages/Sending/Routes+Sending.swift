// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// The sender domain: its signing keys and what its DNS must say; the organization's own keys for S/MIME and OpenPGP.
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
        .get(
            "/settings/sending/mail-keys",
            .permission(.manageSettings),
            "MailKeyPages.show",
            MailKeyPages.show
        ),
        .post(
            "/settings/sending/mail-keys",
            .permission(.manageSettings),
            "MailKeyPages.make",
            MailKeyPages.make
        ),
        .post(
            "/settings/sending/mail-keys/import",
            .permission(.manageSettings),
            "MailKeyPages.importFile",
            body: .upload(atMost: 1 << 20),
            MailKeyPages.importFile
        ),
        .post(
            "/settings/sending/mail-keys/settings",
            .permission(.manageSettings),
            "MailKeyPages.change",
            MailKeyPages.change
        ),
        .get(
            "/settings/sending/mail-keys/:key/public",
            .permission(.manageSettings),
            "MailKeyPages.publicKey",
            MailKeyPages.publicKey
        ),
        .get(
            "/settings/sending/mail-keys/:key/directory",
            .permission(.manageSettings),
            "MailKeyPages.directoryFile",
            MailKeyPages.directoryFile
        ),
        .get(
            "/settings/sending/mail-keys/:key/request",
            .permission(.manageSettings),
            "MailKeyPages.request",
            MailKeyPages.request
        ),
        .post(
            "/settings/sending/mail-keys/:key/install",
            .permission(.manageSettings),
            "MailKeyPages.install",
            body: .upload(atMost: 1 << 20),
            MailKeyPages.install
        ),
        .post(
            "/settings/sending/mail-keys/:key/activate",
            .permission(.manageSettings),
            "MailKeyPages.activate",
            MailKeyPages.activate
        ),
        .post(
            "/settings/sending/mail-keys/:key/retire",
            .permission(.manageSettings),
            "MailKeyPages.retire",
            MailKeyPages.retire
        ),
    ]
}
