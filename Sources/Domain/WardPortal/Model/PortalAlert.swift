// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Something about the portal that staff must be told; shown on Home and in Messages until someone deals with it.
package struct PortalAlert: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Five wrong attempts: the person cannot get in until staff has spoken to them.
        case locked
    }

    package let id: PortalAlertID
    package let contact: ContactID
    package let kind: Kind
    package let raisedAt: Timestamp
}
