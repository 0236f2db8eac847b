// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum OrganizationKeyQueries {
    struct Stored {
        var role: OrganizationKeyRole
        var version: Int64
        var wrapped: [UInt8]
        var rootKeyCheck: [UInt8]
        var createdAt: Timestamp
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT role, version, wrapped, root_key_check, created_at FROM organization_key
            WHERE organization = \(organization) ORDER BY role, version
            """
        ).map { row in
            guard let role = OrganizationKeyRole(rawValue: try row.value(at: 0, as: Int64.self)) else {
                throw StoreError(code: .decoding, detail: "organization_key.role")
            }
            return Stored(
                role: role,
                version: try row.value(at: 1),
                wrapped: try row.value(at: 2),
                rootKeyCheck: try row.value(at: 3),
                createdAt: try row.value(at: 4)
            )
        }
    }

    static func insert(_ key: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO organization_key (organization, role, version, wrapped, root_key_check, created_at)
            VALUES (\(organization), \(key.role.rawValue), \(key.version), \(key.wrapped), \(key.rootKeyCheck),
            \(key.createdAt))
            """
        )
    }

    static func rewrap(_ key: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE organization_key SET wrapped = \(key.wrapped), root_key_check = \(key.rootKeyCheck)
            WHERE organization = \(organization) AND role = \(key.role.rawValue) AND version = \(key.version)
            """
        )
    }

    /// Not scoped to one organization: a root key wraps the keys of all of them.
    static func countAcrossAll(wrappedBy check: [UInt8], in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT COUNT(*) FROM organization_key WHERE root_key_check = \(check)") ?? 0
    }

    /// Not scoped to one organization.
    static func countAcrossAll(notWrappedBy check: [UInt8], in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT COUNT(*) FROM organization_key WHERE root_key_check <> \(check)") ?? 0
    }

    /// Not scoped to one organization: for the check at start and for re-wrapping in a new epoch.
    static func organizationsAcrossAll(in tx: any ReadTransaction) throws -> [OrganizationID] {
        try tx.rows("SELECT DISTINCT organization FROM organization_key ORDER BY organization").map {
            try $0.value(at: 0)
        }
    }
}
