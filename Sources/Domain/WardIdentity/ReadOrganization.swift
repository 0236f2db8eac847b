// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

extension Identity {
    /// The organization, inside a transaction: for mail, portal notices, and rules that speak of days.
    ///
    /// - Throws: `IdentityError.unknownOrganization` when there is none.
    package func organization(_ id: OrganizationID, in tx: any ReadTransaction) throws -> Organization {
        guard let row = try OrganizationQueries.row(id, in: tx) else { throw IdentityError.unknownOrganization }
        return row
    }
}
