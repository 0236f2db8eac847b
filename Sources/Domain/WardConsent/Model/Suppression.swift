// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Why an address gets no mail. Holds for the address, whoever uses it.
package enum SuppressionReason: String, CaseIterable, Sendable, Codable, Hashable {
    /// Its server said for good that it does not exist.
    case hardBounce = "hard_bounce"
    /// Several messages in a row came back, without a word that the address does not exist.
    case repeatedBounces = "repeated_bounces"
    /// Its owner reported a message as unwanted.
    case complaint
    /// A member of staff put it on the list.
    case manual
}

/// One address that gets no mail, kept as a keyed hash: the list outlives the person's data and cannot be read back.
package struct Suppression: Sendable, Hashable {
    package let addressHash: [UInt8]
    package let reason: SuppressionReason
    package let since: Timestamp
}
