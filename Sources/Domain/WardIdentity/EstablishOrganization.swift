// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
package import WardStorage
import WardVault

/// A new organization, its first administrator and the link with which she sets her password.
package struct EstablishedOrganization: Sendable {
    package let organization: Organization
    package let administrator: StaffID
    package let link: OneTimeLink
}

extension Identity {
    /// Makes an organization with its keys and a first administrator. `ward init` and `ward demo` call it; no page does.
    /// - Throws: `IdentityError` when a detail is empty or the time zone is unknown.
    package func establishOrganization(
        _ details: OrganizationDetails,
        administrator: NewStaffAccount
    ) async throws -> EstablishedOrganization {
        let details = try Self.checked(details)
        let id: OrganizationID = surroundings.makeIdentifier()
        return try await store.write { [self] tx in
            let organization = Organization(
                id: id,
                slug: try freeSlug(for: details.name, in: tx),
                name: details.name,
                postalAddress: details.postalAddress,
                timeZone: details.timeZone,
                senderDomain: details.senderDomain,
                staffAddress: details.staffAddress,
                patientAddress: details.patientAddress
            )
            try OrganizationQueries.insert(organization, at: surroundings.now(), in: tx)
            try vault.establish(id, in: tx)
            let requester = Requester.service("init", of: id)
            try audit.record(entry(.organizationEstablished, about: nil), by: requester, in: tx)
            let staff = try addAccount(administrator, to: id, by: requester, reason: "First administrator", in: tx)
            let link = try makeLink(for: staff, of: id, in: tx)
            return EstablishedOrganization(organization: organization, administrator: staff, link: link)
        }
    }

    /// Every tenant of this installation, oldest first: for start-up and for finding the one that an address names.
    package func organizationsOfEveryTenant() async throws -> [Organization] {
        try await store.read { try OrganizationQueries.allTenants(in: $0) }
    }

    /// The same for a store that no module is wired to: `ward doctor`.
    package static func organizationsOfEveryTenant(in store: any Store) async throws -> [Organization] {
        try await store.read { try OrganizationQueries.allTenants(in: $0) }
    }

    /// The organization whose addresses begin with this word; nil when there is none.
    package func organization(slug: String) async throws -> Organization? {
        try await store.read { try OrganizationQueries.tenant(slug: slug, in: $0) }
    }

    package func organization(_ id: OrganizationID) async throws -> Organization? {
        try await store.read { try OrganizationQueries.row(id, in: $0) }
    }

    /// Changes what people and mail call the organization. Its addresses' first segment stays.
    package func changeOrganization(_ details: OrganizationDetails, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        let details = try Self.checked(details)
        try await store.write { [self] tx in
            guard let old = try OrganizationQueries.row(requester.organization, in: tx) else { return }
            let changed = Organization(
                id: old.id,
                slug: old.slug,
                name: details.name,
                postalAddress: details.postalAddress,
                timeZone: details.timeZone,
                senderDomain: details.senderDomain,
                staffAddress: details.staffAddress,
                patientAddress: details.patientAddress
            )
            try OrganizationQueries.update(changed, in: tx)
            try audit.record(entry(.organizationChanged, about: nil), by: requester, in: tx)
        }
    }

    private static func checked(_ details: OrganizationDetails) throws(IdentityError) -> OrganizationDetails {
        let fields = [
            ("name", details.name), ("postal address", details.postalAddress), ("sender domain", details.senderDomain),
        ]
        for (field, value) in fields where value.allSatisfy(\.isWhitespace) || value.count > 400 {
            throw .fieldEmpty(field)
        }
        guard TimeZone(identifier: details.timeZone) != nil else { throw .unknownTimeZone }
        return details
    }

    private func freeSlug(for name: String, in tx: any ReadTransaction) throws -> String {
        let wanted = Slug.make(from: name)
        var slug = wanted
        var number = 2
        while try OrganizationQueries.tenant(slug: slug, in: tx) != nil {
            slug = "\(wanted)-\(number)"
            number += 1
        }
        return slug
    }
}
