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

extension Identity {
    /// The organization whose addresses begin with this word; nil when there is none. Across organizations: whoever asks
    /// knows nothing else yet.
    package func tenant(slug: String, in tx: any ReadTransaction) throws -> Organization? {
        try OrganizationQueries.tenant(slug: slug, in: tx)
    }

    /// The organizations whose mail comes from this domain. Across organizations: an address is all that is known yet.
    package func tenants(senderDomain: String) async throws -> [Organization] {
        try await store.read { tx in
            try OrganizationQueries.allTenants(in: tx).filter { $0.senderDomain.lowercased() == senderDomain }
        }
    }

    /// The installation's first organization, whose the server's own addresses are; nil before there is one.
    package func firstTenant() async throws -> Organization? {
        try await store.read { try OrganizationQueries.allTenants(in: $0).first }
    }
}
