// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// The accounts of programs that hand in mail: what each signs in with, and its certificates.
    static let mailPrograms: [Route] = [
        .get(
            "/settings/mail-programs",
            .permission(.manageSettings),
            "MailProgramPages.show",
            MailProgramPages.show
        ),
        .post(
            "/settings/mail-programs/:account/certificates",
            .permission(.manageSettings),
            "MailProgramPages.add",
            body: .upload(atMost: 1 << 18),
            MailProgramPages.add
        ),
        .post(
            "/settings/mail-programs/:account/certificates/:fingerprint/remove",
            .permission(.manageSettings),
            "MailProgramPages.remove",
            MailProgramPages.remove
        ),
        .post(
            "/settings/mail-programs/:account/sign-in",
            .permission(.manageSettings),
            "MailProgramPages.setRule",
            MailProgramPages.setRule
        ),
    ]
}
