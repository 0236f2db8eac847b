// SPDX-License-Identifier: Apache-2.0

package import WardAudit
import WardCampaigns
import WardCommands
import WardContacts
import WardDelivery
import WardWeb

extension Installation {
    /// What the pages may call.
    var webFacades: Facades {
        Facades(
            identity: modules.identity,
            audit: auditReader,
            contacts: modules.contacts,
            segments: modules.segments,
            consent: modules.consent,
            delivery: modules.delivery,
            portal: modules.portal,
            campaigns: modules.campaigns
        )
    }

    /// What commands may call.
    var commandFacades: CommandFacades {
        CommandFacades(
            identity: modules.identity,
            audit: auditReader,
            contacts: modules.contacts,
            segments: modules.segments,
            delivery: modules.delivery,
            campaigns: modules.campaigns
        )
    }

    package var auditReader: AuditReader { AuditReader(audit, in: store) }

    /// The loops that do the work behind the pages.
    package var workers: [NamedService] {
        let campaigns = CampaignWorker(modules.campaigns)
        let delivery = DeliveryWorker(modules.delivery)
        return [
            NamedService { [sealer] in try await sealer.run() },
            NamedService { try await delivery.run() },
            NamedService { try await campaigns.run() },
        ]
    }
}
