// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum OrganizationQueries {
    private static let columns: SQL = """
        organization, slug, name, postal_address, time_zone, sender_domain, staff_address, patient_address
        """

    static func insert(_ organization: Organization, at now: Timestamp, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO organization (organization, slug, name, postal_address, time_zone, sender_domain, staff_address,
                patient_address, created_at)
            VALUES (\(organization.id), \(organization.slug), \(organization.name), \(organization.postalAddress),
                \(organization.timeZone), \(organization.senderDomain), \(organization.staffAddress),
                \(organization.patientAddress), \(now))
            """
        )
    }

    static func update(_ organization: Organization, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE organization SET name = \(organization.name), postal_address = \(organization.postalAddress),
                time_zone = \(organization.timeZone), sender_domain = \(organization.senderDomain),
                staff_address = \(organization.staffAddress), patient_address = \(organization.patientAddress)
            WHERE organization = \(organization.id)
            """
        )
    }

    static func row(_ id: OrganizationID, in tx: any ReadTransaction) throws -> Organization? {
        try tx.row("SELECT \(fragment: columns) FROM organization WHERE organization = \(id)").map(organization)
    }

    /// Every tenant of this installation: for start-up, workers and finding the one that an address names.
    static func allTenants(in tx: any ReadTransaction) throws -> [Organization] {
        try tx.rows("SELECT \(fragment: columns) FROM organization ORDER BY organization").map(organization)
    }

    /// The tenant whose addresses begin with this word; across tenants, since nothing else is known yet.
    static func tenant(slug: String, in tx: any ReadTransaction) throws -> Organization? {
        try tx.row("SELECT \(fragment: columns) FROM organization WHERE slug = \(slug)").map(organization)
    }

    private static func organization(_ row: Row) throws -> Organization {
        Organization(
            id: try row.value("organization"),
            slug: try row.value("slug"),
            name: try row.value("name"),
            postalAddress: try row.value("postal_address"),
            timeZone: try row.value("time_zone"),
            senderDomain: try row.value("sender_domain"),
            staffAddress: try row.value("staff_address"),
            patientAddress: try row.value("patient_address")
        )
    }
}
