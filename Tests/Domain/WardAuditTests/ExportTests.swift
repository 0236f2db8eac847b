// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit

/// An export is verified with its folder alone.
@Suite struct ExportTests {
    private func with(
        _ kind: StoreKind,
        _ body: (AuditLog, AuditExportReport) async throws -> Void
    ) async throws {
        try await AuditLog.with(kind) { log in
            let report = try await log.ground.audit.export(
                to: log.ground.folder + "/export",
                by: log.compliance,
                sealer: log.sealer,
                in: log.store
            )
            try await body(log, report)
        }
    }

    private func lines(_ folder: String) throws -> [String] {
        try String(contentsOfFile: folder + "/entries.jsonl", encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func write(_ lines: [String], _ folder: String) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: folder + "/entries.jsonl"))
    }

    @Test(arguments: TestStore.kinds)
    func `an export verifies and tells of its own making`(kind: StoreKind) async throws {
        try await with(kind) { log, report in
            #expect(report.entries == 11)
            guard
                case .intact(let proof) = try AuditExport.verify(report.folder, trustedKey: report.verifierKey)
            else {
                Issue.record("damaged")
                return
            }
            #expect(proof.size == 11)
            let last = try #require(lines(report.folder).last)
            #expect(last.contains("\"action\":\"audit.export\"") && last.contains("\"event_id\""))
            #expect(!last.contains("192.0.2.7"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a changed, added, missing, doubled or exchanged line is found at its position`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { _, report in
            let folder = report.folder
            let good = try lines(folder)
            func verdict(_ edit: (inout [String]) -> Void) throws -> AuditVerdict {
                var edited = good
                edit(&edited)
                try write(edited, folder)
                return try AuditExport.verify(folder, trustedKey: report.verifierKey)
            }
            #expect(
                try verdict { $0[4] = $0[4].replacing("contact.reveal", with: "contact.view") }
                    == .damaged(at: 4, .entryDiffers)
            )
            #expect(
                try verdict { $0[4] = $0[4].replacing("{\"action\"", with: "{\"aaa\":1,\"action\"") }
                    == .damaged(at: 4, .unreadable)
            )
            #expect(try verdict { $0.remove(at: 6) } == .damaged(at: 6, .entryMissing))
            #expect(try verdict { $0.insert($0[2], at: 3) } == .damaged(at: 3, .entryDiffers))
            #expect(try verdict { $0.swapAt(1, 8) } == .damaged(at: 1, .entryMissing))
            #expect(try verdict { $0.removeLast(2) } == .damaged(at: 9, .entryMissing))
            #expect(try verdict { $0.append($0[0]) } == .damaged(at: 11, .entryBeyondHead))
            #expect(try verdict { $0[0] = "not an entry" } == .damaged(at: 0, .unreadable))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `without its tiles a changed export still fails`(kind: StoreKind) async throws {
        try await with(kind) { _, report in
            try FileManager.default.removeItem(atPath: report.folder + "/tile")
            var edited = try lines(report.folder)
            edited[4] = edited[4].replacing("contact.reveal", with: "contact.view")
            try write(edited, report.folder)
            #expect(try AuditExport.verify(report.folder) == .damaged(at: 0, .differsFromCheckpoint(size: 11)))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an export under another key, or behind an outside checkpoint, is found`(kind: StoreKind) async throws {
        try await with(kind) { log, report in
            let outside = try String(contentsOfFile: log.outsideFolder + "/latest", encoding: .utf8)
            guard case .intact = try AuditExport.verify(report.folder, outside: [outside]) else {
                Issue.record("damaged")
                return
            }
            try await log.record(3)
            let newer = try #require(try await log.sealer.sealNow(log.ground.organization))
            #expect(
                try AuditExport.verify(report.folder, outside: [newer.note])
                    == .damaged(at: 0, .rolledBack(outside: 14))
            )
            let stranger = try await TestVault.make(in: log.store)
            let key = try await log.store.read {
                try stranger.audit.verifierKey(of: stranger.organization, in: $0)
            }
            #expect(try AuditExport.verify(report.folder, trustedKey: key) == .damaged(at: 0, .badSignature(size: 0)))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `only those who may export, and into a new folder`(kind: StoreKind) async throws {
        try await with(kind) { log, report in
            let clinician = TestRequester.with(roles: [.clinician], of: log.ground.organization)
            await #expect(throws: AccessDenied(permission: .exportAudit)) {
                _ = try await log.ground.audit.export(
                    to: log.ground.folder + "/other",
                    by: clinician,
                    sealer: log.sealer,
                    in: log.store
                )
            }
            await #expect(throws: AuditError.exportFolder(path: report.folder, code: EEXIST)) {
                _ = try await log.ground.audit.export(
                    to: report.folder,
                    by: log.compliance,
                    sealer: log.sealer,
                    in: log.store
                )
            }
        }
    }
}
