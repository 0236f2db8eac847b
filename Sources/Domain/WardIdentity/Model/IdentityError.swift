// SPDX-License-Identifier: Apache-2.0

/// A request to change accounts that cannot be followed. The description names no person.
package enum IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownAccount
    case unknownOrganization
    case addressTaken
    case nameEmpty
    case reasonMissing
    case unknownTimeZone
    case fieldEmpty(String)
    /// The change would leave the organization without an administrator who can sign in.
    case lastAdministrator
    case ownAccount
    case switchingNotAllowed
    case unknownSession
    case noSystemUser

    package var description: String {
        switch self {
        case .unknownOrganization: "There is no such organization."
        case .unknownAccount: "There is no such account in this organization."
        case .addressTaken: "Another account of this organization has this e-mail address."
        case .nameEmpty: "A name is needed, of at most 200 characters."
        case .reasonMissing: "A reason is needed, of at most 500 characters."
        case .unknownTimeZone: "The time zone is not a name of the time zone database, such as America/Chicago."
        case .fieldEmpty(let field): "A value is needed for \(field)."
        case .lastAdministrator: "This is the only administrator who can sign in. Give the role to somebody else first."
        case .ownAccount: "Your own account cannot be disabled. Another administrator can do it."
        case .switchingNotAllowed: "Changing to another person is possible in the demonstration only."
        case .unknownSession: "This session has ended already."
        case .noSystemUser: "Your operating-system user is not mapped to a staff account of this organization."
        }
    }
}
