// SPDX-License-Identifier: Apache-2.0

package import WardAudit
import WardCampaigns
import WardCommands
import WardContacts
import WardDelivery
import WardIdentity
import WardKernel
import WardRecipientKeys
import WardSubmission
import WardTelemetry
import WardVault
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
            campaigns: modules.campaigns,
            senderDomains: modules.senderDomains,
            recipientKeys: modules.recipientKeys,
            mailKeys: modules.mailKeys,
            submission: modules.submission
        )
    }

    /// What commands may call.
    var commandFacades: CommandFacades {
        CommandFacades(
            identity: modules.identity,
            audit: auditReader,
            contacts: modules.contacts,
            segments: modules.segments,
            consent: modules.consent,
            delivery: modules.delivery,
            campaigns: modules.campaigns,
            senderDomains: modules.senderDomains,
            submission: modules.submission,
            recipientKeys: modules.recipientKeys,
            mailKeys: modules.mailKeys,
            keys: InstallationKeys(vault: vault, audit: audit, store: store)
        )
    }

    package var auditReader: AuditReader { AuditReader(audit, in: store, sealer: sealer) }

    /// The loops that do the work behind the pages. What the process before this one had in hand when it was killed is
    /// taken back first.
    package func workers() async throws -> [NamedService] {
        let owner = try await takeOverWork()
        let delivery = DeliveryWorker(modules.delivery, owner: owner.of(.delivery))
        let campaigns = CampaignWorker(modules.campaigns, work: .sending, owner: owner.of(.campaigns))
        let preflights = CampaignWorker(modules.campaigns, work: .preflights, owner: owner.of(.preflights))
        let trials = PolicyTrialWorker(modules.delivery, owner: owner.of(.trials))
        let imports = ImportWorker(contacts: modules.contacts, owner: owner.of(.imports))
        return [
            NamedService { [sealer] in try await sealer.run() },
            NamedService { try await delivery.run() },
            NamedService { try await campaigns.run() },
            NamedService { try await preflights.run() },
            NamedService { try await imports.run() },
            NamedService { try await trials.run() },
            NamedService { [epochWorker] in try await epochWorker.run() },
            NamedService { [purges] in try await purges.run() },
            NamedService { [forgetting] in try await forgetting.run() },
            NamedService { [notices] in try await notices.run() },
            NamedService { [revocations] in try await revocations.run() },
            NamedService { [reports] in try await reports.run() },
            NamedService { [surroundings] in try await UnusedMemory.run(surroundings) },
        ]
    }

    /// Removes, once a day, sent messages and counted sessions whose time is over.
    private var purges: OrganizationRounds {
        rounds("purges", every: .hours(24)) { [delivery = modules.delivery] organization in
            try await delivery.purge(by: .service("delivery", of: organization))
            try await delivery.purgeSessions(of: organization)
        }
    }

    /// Forgets digests of handed-in messages that no longer count: they are looked at for ten minutes.
    private var forgetting: OrganizationRounds {
        rounds("submissions", every: .minutes(10)) { [submission = modules.submission] organization in
            try await submission.purge(organization)
        }
    }

    /// Mails senders what they are to know about their messages.
    private var notices: OrganizationRounds {
        let mailboxes = OrganizationsForSending(identity: identity)
        return rounds("notices", every: .minutes(1)) { [delivery = modules.delivery, failed = failed("notices")] in
            _ = try await delivery.mailNotices(of: $0, to: mailboxes, failed: failed)
        }
    }

    /// Hands over the reports about TLS that are due.
    private var reports: OrganizationRounds {
        rounds("tls_reports", every: .minutes(1)) { [delivery = modules.delivery, failed = failed("tls_reports")] in
            _ = try await delivery.sendTLSReports(of: $0, failed: failed)
        }
    }

    /// Asks authorities once an hour whether people's certificates were revoked, about each at most once a day.
    private var revocations: OrganizationRounds {
        rounds("revocations", every: .hours(1)) { [keys = modules.recipientKeys] organization in
            _ = try await keys.refreshRevocations(of: organization)
        }
    }

    private func rounds(
        _ worker: StaticString,
        every pause: Duration,
        work: @escaping @Sendable (OrganizationID) async throws -> Void
    ) -> OrganizationRounds {
        OrganizationRounds(
            every: pause,
            surroundings,
            organizations: { [store] in try await Identity.organizationsOfEveryTenant(in: store).map(\.id) },
            failed: failed(worker),
            work: work
        )
    }

    private func failed(_ worker: StaticString) -> @Sendable (any Error) -> Void {
        { [telemetry] error in
            telemetry.record(.workerRoundFailed, .warning, [.word("worker", worker), .errorType(error)])
        }
    }

    /// Turns epochs within a day of an erasure, and writes each certificate into the log of its organization.
    private var epochWorker: EpochWorker {
        EpochWorker(
            vault,
            in: store,
            certify: { [audit] certificate, tx in
                let facts = [
                    "destroyed_at": "\(certificate.destroyedAt)", "epoch": "\(certificate.epoch)",
                    "beyond_recovery_at": "\(certificate.certifiedAt)",
                ]
                try audit.record(
                    AuditEntry(.keyCertify, subject: certificate.subject, facts: facts),
                    by: .service("keys", of: certificate.organization),
                    in: tx
                )
            },
            failed: { [telemetry] error in
                telemetry.record(.workerRoundFailed, .warning, [.word("worker", "epochs"), .errorType(error)])
            }
        )
    }
}
