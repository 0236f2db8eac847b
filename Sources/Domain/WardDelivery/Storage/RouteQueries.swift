// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Routes without their credentials, settings and the control of campaigns: what the gate and the worker read each time.
enum RouteQueries {
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Route] {
        try listings(of: organization, in: tx).map(\.route)
    }

    /// The routes with what pages say about them.
    static func listings(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [RouteListing] {
        try tx.rows(
            """
            SELECT domain, host, port, certificate_name, is_recipients_server, has_agreement, has_onward_tls,
                CASE WHEN credentials IS NULL THEN 0 ELSE 1 END AS has_credentials, changed_at
            FROM delivery_route WHERE organization = \(organization) ORDER BY domain
            """
        ).map { row in
            RouteListing(
                route: Route(
                    domain: try row.value("domain"),
                    host: try row.value("host"),
                    port: try row.value("port"),
                    certificateName: try row.value("certificate_name"),
                    isRecipientsServer: try row.value("is_recipients_server"),
                    hasAgreement: try row.value("has_agreement"),
                    hasOnwardTLS: try row.value("has_onward_tls")
                ),
                hasCredentials: try row.value("has_credentials"),
                changedAt: try row.value("changed_at")
            )
        }
    }

    static func credentials(
        of domain: String,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.row(
            "SELECT credentials FROM delivery_route WHERE organization = \(organization) AND domain = \(domain)"
        )?.optional("credentials")
    }

    static func put(
        _ route: Route,
        credentials: [UInt8]?,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_route (organization, domain, host, port, certificate_name, credentials,
                is_recipients_server, has_agreement, has_onward_tls, changed_at)
            VALUES (\(organization), \(route.domain), \(route.host), \(route.port), \(route.certificateName),
                \(credentials), \(route.isRecipientsServer), \(route.hasAgreement), \(route.hasOnwardTLS), \(now))
            ON CONFLICT (organization, domain) DO UPDATE SET host = excluded.host, port = excluded.port,
                certificate_name = excluded.certificate_name, credentials = excluded.credentials,
                is_recipients_server = excluded.is_recipients_server, has_agreement = excluded.has_agreement,
                has_onward_tls = excluded.has_onward_tls, changed_at = excluded.changed_at
            """
        )
    }

    static func remove(_ domain: String, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        try tx.execute("DELETE FROM delivery_route WHERE organization = \(organization) AND domain = \(domain)") > 0
    }

    static func settings(of organization: OrganizationID, in tx: any ReadTransaction) throws -> DeliverySettings {
        let text: String? = try tx.first(
            "SELECT method_order FROM delivery_setting WHERE organization = \(organization)"
        )
        guard let text else { return DeliverySettings() }
        return DeliverySettings(methodOrder: text.split(separator: ",").compactMap { SendMethod(rawValue: "\($0)") })
    }
}

/// Whether a campaign's messages go out.
enum CampaignControl: String, Sendable, SQLConvertible {
    case running, paused, cancelled
}

/// What stops campaigns, read in one transaction: once for each campaign and each sender domain.
struct CampaignControls {
    let organization: OrganizationID
    private var known: [CampaignID: CampaignControl] = [:]
    private var brakes: [String: Bool] = [:]

    init(organization: OrganizationID) { self.organization = organization }

    mutating func control(of campaign: CampaignID, in tx: any ReadTransaction) throws -> CampaignControl {
        if let control = known[campaign] { return control }
        let control = try CampaignControlQueries.control(of: campaign, organization: organization, in: tx)
        known[campaign] = control
        return control
    }

    /// Whether too many complained about mail of a sender's domain.
    mutating func isStopped(_ source: String, in tx: any ReadTransaction) throws -> Bool {
        if let isPulled = brakes[source] { return isPulled }
        let isPulled = try BrakeQueries.find(source, of: organization, in: tx)?.isPulled ?? false
        brakes[source] = isPulled
        return isPulled
    }
}

enum CampaignControlQueries {
    static func control(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignControl {
        try tx.first(
            "SELECT control FROM delivery_campaign WHERE organization = \(organization) AND campaign = \(campaign)"
        ) ?? .running
    }

    static func put(
        _ control: CampaignControl,
        of campaign: CampaignID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_campaign (organization, campaign, control, changed_at)
            VALUES (\(organization), \(campaign), \(control), \(now))
            ON CONFLICT (organization, campaign) DO UPDATE SET control = excluded.control,
                changed_at = excluded.changed_at
            """
        )
    }
}
