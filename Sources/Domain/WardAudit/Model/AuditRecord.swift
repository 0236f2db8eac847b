// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A written entry as it is stored, exported and committed to: references in the clear, free text sealed.
package struct AuditRecord: Hashable, Sendable {
    /// Its leaf's index in the organization's tree, from 0; nil until sealed.
    package var position: Int64?
    package var id: AuditEntryID
    package var recordedAt: Timestamp
    package var action: AuditAction
    package var outcome: AuditOutcome
    package var actorKind: Requester.Kind
    package var actor: [UInt8]
    package var subject: SubjectID?
    package var object: AuditObject?
    package var context: Context
    package var content: Content
    package var disclosure: AuditDisclosure?
    package var reason: SealedReason?
    /// The network address and device, sealed under the organization's key; nil when there was neither.
    package var sealedOrigin: [UInt8]?
    /// Sixteen random octets that keep the hashes of short fields from being guessed once the fields are gone.
    package var salt: [UInt8]

    /// Who asked, beyond the actor itself.
    package struct Context: Hashable, Sendable {
        package var onBehalfOf: AuditObject?
        /// Sorted, separated by commas.
        package var roles: String
        package var session: [UInt8]?
        package var authentication: String?
        package var purpose: PurposeOfUse
        package var request: [UInt8]?
        package var version: String
        package var timeSource: String
    }

    /// What was seen or changed.
    package struct Content: Hashable, Sendable {
        package var subjects: AuditObject?
        /// Sorted, separated by commas.
        package var categories: String
        /// In the order given, separated by commas.
        package var fields: String
        /// `name=value`, sorted by name, separated by semicolons.
        package var facts: String
        package var beforeHash: [UInt8]?
        package var afterHash: [UInt8]?
    }

    /// A reason's ciphertext and whose key sealed it.
    package struct SealedReason: Hashable, Sendable {
        package enum Owner: Int64, Sendable {
            case organization = 1
            case subject = 2
        }
        package var owner: Owner
        package var sealed: [UInt8]
    }
}
