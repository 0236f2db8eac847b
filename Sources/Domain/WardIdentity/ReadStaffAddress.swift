// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

extension Identity {
    /// The address of a member of staff, for mail to themselves; nil when there is no such account or it is disabled.
    package func emailAddress(
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EmailAddress? {
        guard let row = try AccountQueries.row(staff, of: organization, in: tx), row.state != .disabled else {
            return nil
        }
        let email = try open(row.emailSealed, .staffEmail, of: staff, organization: organization, in: tx)
        return email.expose(for: .transmitting) { EmailAddress($0) }
    }
}
