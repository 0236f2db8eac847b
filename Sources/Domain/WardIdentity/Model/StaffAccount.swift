// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A person who works for the organization and may sign in.
package struct StaffAccount: Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// A link was made; no password is set yet.
        case invited
        case active
        /// Cannot sign in; every session has ended.
        case disabled
    }

    package let id: StaffID
    package let name: String
    package let email: EmailAddress
    package let state: State
    package let roles: Set<Role>
    package let createdAt: Timestamp
    /// The newest session's last use; nil when there was none.
    package let lastSeenAt: Timestamp?
}

/// What an account is made from.
package struct NewStaffAccount: Sendable {
    package let name: String
    package let email: EmailAddress
    package let roles: Set<Role>

    package init(name: String, email: EmailAddress, roles: Set<Role>) {
        self.name = name
        self.email = email
        self.roles = roles
    }
}

/// A link that sets a password once. The token is shown this one time; the store holds its hash.
package struct OneTimeLink: Sendable {
    package let organization: OrganizationID
    package let staff: StaffID
    /// 128 random bits in base64url, 22 characters.
    package let token: Sensitive<String>
    package let expiresAt: Timestamp
}

/// Whether a link may be used.
package enum LinkState: Sendable, Hashable {
    /// The person it was made for.
    case valid(name: String, email: String)
    case expired
    case used
    case unknown
}
