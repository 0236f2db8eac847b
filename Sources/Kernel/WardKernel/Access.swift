// SPDX-License-Identifier: Apache-2.0

/// A role that a staff account holds (hipaa/rules.md section 4). Roles add up; nothing is allowed by default.
package enum Role: String, CaseIterable, Sendable, Codable, Hashable {
    /// Accounts, settings and routes; sees no protected values by itself.
    case administrator
    /// Lists, segments and campaigns over non-clinical fields.
    case marketer
    /// Clinical fields, messages to and from patients.
    case clinician
    /// The privacy official: consent, reports, audit.
    case compliance
    /// Reads the audit log; no message bodies.
    case auditor
}

/// One thing a requester may be allowed to do. Façades ask for it; pages never decide.
package enum Permission: String, CaseIterable, Sendable, Codable, Hashable {
    case viewContacts, revealContacts, viewClinical, importContacts, editContacts
    case viewSegments, editSegments, filterByClinical
    case viewCampaigns, editCampaigns, sendCampaigns
    case viewMessages, answerMessages
    /// Declaring a message free of health information.
    case lowerSensitivity
    case viewConsent, editConsent
    case viewAudit, exportAudit
    case manageStaff, manageSettings
}

extension Role {
    /// The published matrix. A generated test calls every façade with every role and compares with this table.
    package var permissions: Set<Permission> {
        switch self {
        case .administrator: [.manageStaff, .manageSettings, .viewAudit, .viewCampaigns, .viewSegments]
        case .marketer:
            [
                .viewContacts, .revealContacts, .importContacts, .editContacts, .viewSegments, .editSegments,
                .viewCampaigns,
                .editCampaigns, .sendCampaigns, .viewConsent, .editConsent,
            ]
        case .clinician:
            [
                .viewContacts, .revealContacts, .viewClinical, .editContacts, .viewSegments, .editSegments,
                .filterByClinical,
                .viewCampaigns, .viewMessages, .answerMessages, .lowerSensitivity, .viewConsent, .editConsent,
            ]
        case .compliance:
            [
                .viewContacts, .revealContacts, .viewSegments, .viewCampaigns, .viewMessages, .viewConsent,
                .editConsent,
                .viewAudit, .exportAudit,
            ]
        case .auditor: [.viewAudit, .exportAudit]
        }
    }
}

/// Why protected information is used, in the words of 45 CFR 164.501 and 164.506.
package enum PurposeOfUse: String, CaseIterable, Sendable, Codable, Hashable {
    case treatment, payment, healthcareOperations, marketing, individualRequest, systemOperation
}

/// Who asks: each façade takes one, decides by it (invariant I7), and the audit log names it.
package struct Requester: Hashable, Sendable {
    package enum Kind: String, Sendable, Codable, Hashable {
        case staff, patient, service
    }

    package var organization: OrganizationID
    package var kind: Kind
    /// The staff account, the contact, or the service's fixed identifier.
    package var identifier: [UInt8]
    package var roles: Set<Role>
    package var session: SessionID?
    /// The peer's IP address as text; nil for work that no request started.
    package var networkAddress: String?
    package var request: RequestID?
    package var purpose: PurposeOfUse

    package init(
        organization: OrganizationID,
        kind: Kind,
        identifier: [UInt8],
        roles: Set<Role> = [],
        session: SessionID? = nil,
        networkAddress: String? = nil,
        request: RequestID? = nil,
        purpose: PurposeOfUse = .healthcareOperations
    ) {
        self.organization = organization
        self.kind = kind
        self.identifier = identifier
        self.roles = roles
        self.session = session
        self.networkAddress = networkAddress
        self.request = request
        self.purpose = purpose
    }

    /// The platform itself, for work that runs without a request: retries, schedules, sealing.
    package static func service(_ name: String, of organization: OrganizationID) -> Requester {
        Requester(organization: organization, kind: .service, identifier: Array(name.utf8), purpose: .systemOperation)
    }

    /// Whether the requester may do this, with the reason that goes into the audit log.
    package func decision(on permission: Permission) -> AccessDecision {
        let granting = roles.filter { $0.permissions.contains(permission) }.min { $0.rawValue < $1.rawValue }
        if let granting { return .allowed(by: granting) }
        return .denied(permission)
    }

    package func may(_ permission: Permission) -> Bool {
        if case .allowed = decision(on: permission) { true } else { false }
    }

    /// Throws `AccessDenied` unless a role grants the permission: the first line of a façade's function.
    package func require(_ permission: Permission) throws(AccessDenied) {
        guard may(permission) else { throw AccessDenied(permission: permission) }
    }
}

/// The answer to "may they?".
package enum AccessDecision: Hashable, Sendable {
    case allowed(by: Role)
    case denied(Permission)
}

/// The requester lacks a permission. The edge answers 403 (or 404 across organizations) and the audit log has an entry.
package struct AccessDenied: Error, Hashable, Sendable, CustomStringConvertible {
    package let permission: Permission
    package init(permission: Permission) { self.permission = permission }
    package var description: String {
        "This needs the permission \(permission.rawValue), which your roles do not give."
    }
}
