// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Why a session ended, for the report over a period.
package enum SessionEnd: String, Sendable, CaseIterable {
    case signedOut, idle, absolute, byAdministrator, byPerson, accountDisabled, passwordChanged, rolesChanged, renewed
}

/// A session in a list.
package struct SessionSummary: Sendable, Hashable {
    package let id: SessionID
    package let staff: StaffID
    package let createdAt: Timestamp
    package let lastSeenAt: Timestamp
    package let expiresAt: Timestamp
    package let networkAddress: String
}

/// A session that a sign-in or a link has just opened. The token goes into the cookie and nowhere else.
package struct OpenedSession: Sendable {
    package let id: SessionID
    package let staff: StaffID
    /// 256 random bits in base64url, 43 characters.
    package let token: Sensitive<String>
    package let expiresAt: Timestamp
}

/// What a session token is worth now.
package enum SessionAnswer: Sendable {
    case current(CurrentSession)
    /// The token was never given out, or its session has ended, or its account is disabled.
    case none
    /// The session ended because of time; the person may be told so.
    case timedOut(SessionEnd)
}

/// A session in use and whom it stands for.
package struct CurrentSession: Sendable {
    package let requester: Requester
    package let staff: StaffID
    package let name: String
    package let session: SessionID
    /// When the session ends without another request.
    package let idleEndsAt: Timestamp
    package let expiresAt: Timestamp
    package let mustChangePassword: Bool
}

/// From where and under which request somebody asks.
package struct RequestOrigin: Sendable, Hashable {
    /// The peer's IP address as text.
    package let networkAddress: String
    package let request: RequestID?

    package init(networkAddress: String, request: RequestID? = nil) {
        self.networkAddress = networkAddress
        self.request = request
    }
}

/// The answer to a sign-in.
package enum SignInOutcome: Sendable {
    case signedIn(OpenedSession)
    /// Address and password do not belong together, or there is no such account, or it is disabled: never said which.
    case refused
    /// Too many failures; the next attempt is taken at this moment.
    case delayed(until: Timestamp)
    /// The limit of consecutive failures is reached; an administrator's link opens the account again.
    case stopped
}
