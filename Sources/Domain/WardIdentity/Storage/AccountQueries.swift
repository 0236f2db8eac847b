// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// One row of `staff_account`, still sealed.
struct AccountRow {
    let id: StaffID
    let emailSealed: [UInt8]
    let nameSealed: [UInt8]
    let state: StaffAccount.State
    let passwordSealed: [UInt8]?
    let mustChangePassword: Bool
    let createdAt: Timestamp

    init(_ row: Row) throws {
        id = try row.value("id")
        emailSealed = try row.value("email_sealed")
        nameSealed = try row.value("name_sealed")
        state = try row.value("state")
        passwordSealed = try row.optional("password_sealed")
        mustChangePassword = try row.value("must_change_password")
        createdAt = try row.value("created_at")
    }
}

extension StaffAccount.State: SQLConvertible {}
extension Role: SQLConvertible {}
extension SessionEnd: SQLConvertible {}

enum AccountQueries {
    static let columns: SQL = "id, email_sealed, name_sealed, state, password_sealed, must_change_password, created_at"

    static func insert(
        _ id: StaffID,
        of organization: OrganizationID,
        emailIndex: [UInt8],
        emailSealed: [UInt8],
        nameSealed: [UInt8],
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO staff_account (organization, id, email_index, email_sealed, name_sealed, state, password_sealed,
                password_set_at, must_change_password, created_at, changed_at)
            VALUES (\(organization), \(id), \(emailIndex), \(emailSealed), \(nameSealed),
                \(StaffAccount.State.invited), NULL, NULL, 0, \(now), \(now))
            """
        )
    }

    static func row(_ id: StaffID, of organization: OrganizationID, in tx: any ReadTransaction) throws -> AccountRow? {
        try tx.row(
            "SELECT \(fragment: columns) FROM staff_account WHERE organization = \(organization) AND id = \(id)"
        ).map(AccountRow.init)
    }

    static func row(
        emailIndex: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> AccountRow? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM staff_account
            WHERE organization = \(organization) AND email_index = \(emailIndex)
            """
        ).map(AccountRow.init)
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [AccountRow] {
        try tx.rows(
            "SELECT \(fragment: columns) FROM staff_account WHERE organization = \(organization) ORDER BY id"
        ).map(AccountRow.init)
    }

    static func setPassword(
        _ sealed: [UInt8],
        of staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE staff_account SET password_sealed = \(sealed), password_set_at = \(now), must_change_password = 0,
                changed_at = \(now),
                state = CASE WHEN state = 'invited' THEN 'active' ELSE state END
            WHERE organization = \(organization) AND id = \(staff)
            """
        )
    }

    static func setState(
        _ state: StaffAccount.State,
        of staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE staff_account SET state = \(state), changed_at = \(now)
            WHERE organization = \(organization) AND id = \(staff)
            """
        )
    }

    static func markCompromised(
        _ staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE staff_account SET must_change_password = 1, changed_at = \(now)
            WHERE organization = \(organization) AND id = \(staff)
            """
        )
    }

    static func roles(of staff: StaffID, organization: OrganizationID, in tx: any ReadTransaction) throws -> Set<Role> {
        let rows = try tx.rows("SELECT role FROM staff_role WHERE organization = \(organization) AND staff = \(staff)")
        return Set(try rows.map { try $0.value("role", as: Role.self) })
    }

    static func allRoles(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StaffID: Set<Role>] {
        var result: [StaffID: Set<Role>] = [:]
        for row in try tx.rows("SELECT staff, role FROM staff_role WHERE organization = \(organization)") {
            result[try row.value("staff"), default: []].insert(try row.value("role"))
        }
        return result
    }

    static func insertRole(
        _ role: Role,
        of staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO staff_role (organization, staff, role, given_at)
            VALUES (\(organization), \(staff), \(role), \(now))
            """
        )
    }

    static func deleteRole(
        _ role: Role,
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM staff_role WHERE organization = \(organization) AND staff = \(staff) AND role = \(role)
            """
        )
    }

    /// Administrators who could sign in, apart from one account.
    static func otherAdministrators(
        than staff: StaffID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM staff_role r JOIN staff_account a ON a.organization = r.organization AND a.id = r.staff
            WHERE r.organization = \(organization) AND r.role = 'administrator' AND a.state = 'active'
                AND r.staff <> \(staff)
            """
        ) ?? 0
    }
}
