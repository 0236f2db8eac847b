// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

package enum ContactChangeTag {}

/// One numbered change of one person: readers follow the feed from the last position that they have seen.
package struct ContactChange: Hashable, Sendable {
    package enum Kind: String, Sendable, SQLConvertible {
        /// A person came in.
        case added
        /// The profile, the dated records or the membership of lists changed.
        case changed
        /// The person is gone: an import was undone.
        case removed
    }

    /// 1, 2, 3 … without gaps, in the order of commits.
    package let position: Int64
    package let contact: ContactID
    package let kind: Kind
    package let madeAt: Timestamp
}

/// The keyed look-up values of one person.
struct PersonIndexes: Hashable, Sendable {
    var email: [UInt8]?
    var phone: [UInt8]?
    /// E-mail address, birth date and folded names; nil when one of them is missing.
    var identity: [UInt8]?
    /// Birth date and folded names; nil when one of them is missing.
    var name: [UInt8]?
}
