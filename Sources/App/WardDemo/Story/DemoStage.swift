// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardCampaigns
import WardCommands
import WardDelivery
import WardIdentity
import WardKernel
import WardSegments
import WardServer

/// The story in order, on an open installation.
struct DemoStage: Sendable {
    let installation: Installation
    let world: MailWorld
    let telling: DemoTelling
    let command: DemoCommand
    let files: any CommandFiles

    func play(isNew: Bool, output: any CommandOutput) async throws -> ExitStatus {
        let organization = try await installation.organization(named: nil)
        for route in world.routes {
            try await installation.modules.delivery.setRoute(route, by: .service("demonstration", of: organization.id))
        }
        try await DemoKeys(installation: installation, zone: world.zone, organization: organization.id).prepare()
        if command.once {
            return try await withWorkers { try await story(organization) }
        }
        if isNew {
            let status = try await withWorkers { try await story(organization) }
            guard status == .done else { return status }
        } else {
            await telling.say("The demonstration's data is here already: \(installation.directory.path)")
        }
        try await serve(organization, output)
        return .done
    }

    /// Everything but the browser.
    private func story(_ organization: Organization) async throws -> ExitStatus {
        let dana = try await seedStaff(organization)
        let requester = Requester(
            organization: organization.id,
            kind: .staff,
            identifier: dana.bytes,
            roles: [.marketer, .clinician],
            networkAddress: "local"
        )
        let people = DemoPeople(installation: installation, requester: requester, telling: telling)
        let today = CalendarDate(daysSince1970: Int(installation.surroundings.now().microseconds / 86_400_000_000))
        try await people.make(count: command.people, seed: command.seed, today: today)
        if let path = command.importFile { _ = try await people.bringIn(file: path, files.read(path)) }
        let campaigns = DemoCampaigns(installation: installation, requester: requester, telling: telling)
        let segments = try await campaigns.makeSegments()
        let report = try await campaigns.send(DemoCampaigns.draft, to: segments.everybody)
        try await campaigns.schedule(to: segments.everybody)
        await telling.report(report)
        try await checkSignatures()
        return try await conclude(report, organization)
    }

    private var signatures: InboxSignatures {
        InboxSignatures(resolver: world.zone, surroundings: installation.surroundings)
    }

    /// What arrived is verified as a receiver would, at most the newest two hundred.
    private func checkSignatures() async throws {
        let messages = world.inboxes.newest(200)
        var count = 0
        for message in messages where await signatures.isSigned(message.bytes) { count += 1 }
        await telling.figure("dkim_verified", "\(count)")
        await telling.figure("dkim_looked_at", "\(messages.count)")
        await telling.say(
            "Signatures verified on \(count.grouped) of the newest \(messages.count.grouped) messages that arrived, RSA and Ed25519 on each."
        )
        guard count == messages.count else {
            throw CommandFailure("Not every message that arrived carries two valid signatures.", status: .negative)
        }
    }

    private func conclude(_ report: CampaignReport, _ organization: Organization) async throws -> ExitStatus {
        let verdict = try await installation.auditReader.verify(by: .service("demonstration", of: organization.id))
        let isIntact: Bool
        switch verdict {
        case .intact(let proof):
            isIntact = true
            await telling.figure("audit_entries", "\(proof.size)")
            await telling.figure("audit", "intact")
            await telling.say(
                "Audit log verified: \(proof.size.grouped) entries, \(proof.checkpoints.grouped) signed checkpoints."
            )
        case .damaged(let position, _):
            isIntact = false
            await telling.figure("audit", "damaged")
            await telling.say("The audit log does not verify, from position \(position) on.")
        }
        await telling.finish()
        guard report.isComplete else {
            throw CommandFailure(
                "\(report.pending.grouped) messages have no final state after \(DemoCampaigns.patience.components.seconds) s: "
                    + report.rows.filter(\.isPending).map { "\($0.count.grouped) \($0.title)" }.joined(separator: ", "),
                status: .negative
            )
        }
        return isIntact ? .done : .negative
    }

    private func seedStaff(_ organization: Organization) async throws -> StaffID {
        let identity = installation.identity
        let administrator = Requester(
            organization: organization.id,
            kind: .staff,
            identifier: try await administratorIdentifier(organization),
            roles: [.administrator],
            networkAddress: "local"
        )
        let link = try await identity.invite(try DemoStaff.dana(), reason: "Demonstration", by: administrator)
        try await identity.activateForDemonstration(link.staff, of: organization.id)
        for other in try DemoStaff.others() {
            let invited = try await identity.invite(other, reason: "Demonstration", by: administrator)
            try await identity.activateForDemonstration(invited.staff, of: organization.id)
        }
        return link.staff
    }

    private func administratorIdentifier(_ organization: Organization) async throws -> [UInt8] {
        let asked = Requester(
            organization: organization.id,
            kind: .staff,
            identifier: [],
            roles: [.administrator],
            networkAddress: "local"
        )
        let accounts = try await installation.identity.accounts(by: asked)
        for account in accounts {
            try await installation.identity.activateForDemonstration(account.id, of: organization.id)
        }
        return accounts.first?.id.bytes ?? []
    }

    /// Runs the workers beside the body and ends them with it.
    private func withWorkers(_ body: @escaping @Sendable () async throws -> ExitStatus) async throws -> ExitStatus {
        let workers = try await installation.workers()
        return try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
            for worker in workers {
                group.addTask {
                    try await worker.runUntilCancelled()
                    return nil
                }
            }
            group.addTask { try await body() }
            while let finished = try await group.next() {
                if let status = finished {
                    group.cancelAll()
                    return status
                }
            }
            return .failed
        }
    }

    private func serve(_ organization: Organization, _ output: any CommandOutput) async throws {
        let link = try await signInLink(organization)
        let world = world
        let inboxAddress = "http://127.0.0.1:\(command.port + 2)"
        let inboxSite = InboxSite(inboxes: world.inboxes, signatures: signatures, port: command.port + 2)
        let data = installation.directory.path
        try await installation.serve(
            banner: nil,
            isDemonstration: true,
            with: [NamedService(endsByItself: true) { try await inboxSite.run() }]
        ) {
            await output.line("")
            await output.line("Open this link once; it signs you in as Dana Reyes, marketer and clinician:")
            await output.line("  \(link)")
            await output.line("The invented mailboxes:  \(inboxAddress)")
            await output.line("")
            await output.line(
                "Look at: the finished campaign's report and the people behind each number; a segment and why a"
            )
            await output.line(
                "person belongs; a mailbox with a portal notice, which a patient opens with their birth date."
            )
            await output.line("The data is in \(data). Ctrl-C stops the demonstration.")
        }
    }

    private func signInLink(_ organization: Organization) async throws -> String {
        let asked = Requester(
            organization: organization.id,
            kind: .staff,
            identifier: [],
            roles: [.administrator],
            networkAddress: "local"
        )
        let accounts = try await installation.identity.accounts(by: asked)
        guard let dana = accounts.first(where: { $0.roles == [.marketer, .clinician] }) else {
            throw CommandFailure("The demonstration's data has no Dana Reyes. Remove \(installation.directory.path).")
        }
        let link = try await installation.identity.makeLink(for: dana.id, reason: "Demonstration", by: asked)
        let token = link.token.expose(for: .disclosing) { $0 }
        return "\(organization.staffAddress)/\(organization.slug)/demonstration/\(token)"
    }
}

extension ReportRow {
    /// Whether something still happens to these by itself.
    fileprivate var isPending: Bool {
        guard case .delivery(let count) = source else { return false }
        return !count.standing.isFinal && count.standing != .held
    }
}
