// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum ThreadTag {}
package enum PortalMessageTag {}
package enum PortalAlertTag {}
/// A conversation with one person.
package typealias ThreadID = Identifier<ThreadTag>
/// One message of a conversation, in either direction.
package typealias PortalMessageID = Identifier<PortalMessageTag>
/// Something staff must be told.
package typealias PortalAlertID = Identifier<PortalAlertTag>
