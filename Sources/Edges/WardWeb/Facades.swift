// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardIdentity

/// What the pages may call: one façade per domain module. Handlers get nothing else, so that a page cannot reach a
/// store, a key or the SMTP client.
package struct Facades: Sendable {
    package let identity: Identity
    package let audit: AuditReader

    package init(identity: Identity, audit: AuditReader) {
        self.identity = identity
        self.audit = audit
    }
}
