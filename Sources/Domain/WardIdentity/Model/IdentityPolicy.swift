// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// The limits of accounts and sessions. The defaults are those of SP 800-63B-4 sections 2 and 3 and are safe on a fresh
/// install (invariant I13).
package struct IdentityPolicy: Sendable {
    /// Without a request for so long a session ends. At most 30 minutes.
    package var idleLimit: Duration = .minutes(15)
    /// A session of a person without the administrator's role ends after so long, however busy.
    package var absoluteLimit: Duration = .hours(12)
    package var administratorAbsoluteLimit: Duration = .hours(8)
    /// A one-time link works for so long.
    package var linkLifetime: Duration = .hours(72)
    /// Consecutive failures of one account that cause no delay.
    package var freeFailures = 4
    /// The delay after the first failure that causes one; each further failure doubles it up to `longestDelay`.
    package var firstDelay: Duration = .seconds(30)
    package var longestDelay: Duration = .hours(1)
    /// Consecutive failures after which no password of the account is looked at any more.
    package var failureLimit = 20
    /// Failures from one network address that cause no delay: a whole clinic may stand behind one.
    package var freeNetworkFailures = 19

    package init() {}

    /// How long after the last of so many consecutive failures no further attempt is taken.
    func delay(after failures: Int, free: Int) -> Duration {
        guard failures > free else { return .zero }
        let doublings = min(failures - free - 1, 20)
        return min(firstDelay * (1 << doublings), longestDelay)
    }
}
