// SPDX-License-Identifier: Apache-2.0

package import WardAudit
import WardCampaigns
import WardCommands
import WardContacts
import WardDelivery
import WardKernel
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

    package var auditReader: AuditReader { AuditReader(audit, in: store, sealer: sealer) }

    /// The loops that do the work behind the pages.
    package var workers: [NamedService] {
        let campaigns = CampaignWorker(modules.campaigns, work: .sending)
        let preflights = CampaignWorker(modules.campaigns, work: .preflights)
        let delivery = DeliveryWorker(modules.delivery)
        let imports = ImportWorker(contacts: modules.contacts, owner: surroundings.randomBytes(16))
        return [
            NamedService { [sealer] in try await sealer.run() },
            NamedService { try await delivery.run() },
            NamedService { try await campaigns.run() },
            NamedService { try await preflights.run() },
            NamedService { try await imports.run() },
        ]
    }
}
