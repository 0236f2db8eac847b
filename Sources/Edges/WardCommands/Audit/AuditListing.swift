// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardIdentity
import WardKernel

/// The entries of the log as a table or as JSON lines.
struct AuditListing {
    let limit: Int
    let actions: [String]
    let asJSON: Bool

    func run(with session: CommandSession) async throws -> ExitStatus {
        let filter = AuditFilter(actions: actions.map { AuditAction(rawValue: $0) })
        let (lines, hasMore) = try await entries(filter, session)
        let names = try await staffNames(lines, session)
        if asJSON {
            for line in lines { await session.output.line(json(line, names)) }
            return .done
        }
        var table = Table([("position", .right), ("time (UTC)", .left), ("entry", .left), ("reason", .left)])
        for line in lines {
            table.add([
                line.record.position.map { $0.grouped } ?? "–", "\(line.record.recordedAt)", sentence(line, names),
                reason(line),
            ])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        if hasMore { await session.output.line("There are more; ask for them with --limit.") }
        return .done
    }

    /// The newest entries, page after page, and whether there are more than were asked for.
    private func entries(
        _ filter: AuditFilter,
        _ session: CommandSession
    ) async throws -> (lines: [AuditLine], hasMore: Bool) {
        var lines: [AuditLine] = []
        var cursor: AuditEntryID?
        repeat {
            let page = try await session.facades.audit.list(
                filter,
                before: cursor,
                limit: limit - lines.count,
                by: session.requester
            )
            lines += page.lines
            cursor = page.next
        } while cursor != nil && lines.count < limit
        return (lines, cursor != nil)
    }

    private func staffNames(_ lines: [AuditLine], _ session: CommandSession) async throws -> [StaffID: String] {
        let staff = Set(
            lines.filter { $0.record.actorKind == .staff }.compactMap { StaffID(bytes: $0.record.actor) }
        )
        return try await session.facades.identity.names(of: staff, in: session.requester.organization)
    }

    private func sentence(_ line: AuditLine, _ names: [StaffID: String]) -> String {
        let audited = AuditNames(actor: { kind, identifier in
            kind == .staff ? StaffID(bytes: identifier).flatMap { names[$0] } : nil
        })
        // Listing the log is a recorded disclosure.
        return line.record.sentence(names: audited).expose(for: .disclosing) { $0 }
    }

    private func reason(_ line: AuditLine) -> String {
        if line.isReasonErased { return "(erased)" }
        return line.reason?.expose(for: .disclosing) { $0 } ?? ""
    }

    private func json(_ line: AuditLine, _ names: [StaffID: String]) -> String {
        JSONText.object([
            "position": line.record.position.map { "\($0)" } ?? "", "time": "\(line.record.recordedAt)",
            "action": line.record.action.rawValue, "outcome": line.record.outcome.rawValue,
            "subject": line.record.subject.map { "\($0)" } ?? "", "sentence": sentence(line, names),
            "reason": reason(line),
        ])
    }
}
