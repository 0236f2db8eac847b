// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardServer

/// The organization of the demonstration and the people who work there, all made up.
struct DemoStaff: Sendable {
    static let organizationName = "Lakeside Health (demo)"

    static func answers(staffAddress: String, patientAddress: String) throws -> InitializeInstallation.Answers {
        InitializeInstallation.Answers(
            details: OrganizationDetails(
                name: organizationName,
                postalAddress: "1 Shore Road, Lakeside, MA 01013",
                timeZone: "America/New_York",
                senderDomain: "lakeside.example",
                staffAddress: staffAddress,
                patientAddress: patientAddress
            ),
            administrator: try account("Ada Moreno", "ada", [.administrator])
        )
    }

    /// Whom the link signs in.
    static func dana() throws -> NewStaffAccount { try account("Dana Reyes", "dana", [.marketer, .clinician]) }

    /// The others that the menu offers, each with one role.
    static func others() throws -> [NewStaffAccount] {
        [
            try account("Miles Okafor", "miles", [.marketer]),
            try account("Dr. Chloe Tran", "chloe", [.clinician]),
            try account("Pat Lindqvist", "pat", [.compliance]),
            try account("Noor Haddad", "noor", [.auditor]),
        ]
    }

    private static func account(_ name: String, _ local: String, _ roles: Set<Role>) throws -> NewStaffAccount {
        guard let email = EmailAddress("\(local)@tls.example") else { throw IdentityError.fieldEmpty("an address") }
        return NewStaffAccount(name: name, email: email, roles: roles)
    }
}
