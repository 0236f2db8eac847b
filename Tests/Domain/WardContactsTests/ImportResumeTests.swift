// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts

@Suite struct ImportResumeTests {
    private static let template = "{first}.{last}@tls.example"

    /// Runs the import of a file through a worker that crashes at the given points, until it ends.
    private func census(
        _ kind: StoreKind,
        _ file: String,
        crashingAt points: [ImportPoint]
    ) async throws -> (census: [String], progress: ImportProgress, crashes: Int, changes: Int) {
        let crash = Crash(at: points)
        return try await ContactsFixture.with(kind, atImportPoint: crash.pass) { fixture in
            guard case .ready(let id) = try await fixture.upload(file) else { throw FixtureError.noProposal }
            let preview = try #require(try await fixture.contacts.preview(id, by: fixture.marketer))
            var mapping = preview.mapping
            mapping.emailTemplate = EmailTemplate(Self.template)
            let started = try await fixture.contacts.start(
                id,
                ImportChoices(mapping: mapping, source: "clinic"),
                by: fixture.marketer
            )
            #expect(started == .started)
            var crashes = 0
            while true {
                do {
                    let progress = try await fixture.contacts.run(id, of: fixture.organization)
                    try await fixture.contacts.numberChanges(of: fixture.organization)
                    let (contacts, organization) = (fixture.contacts, fixture.organization)
                    let changes = try await fixture.store.read { tx in
                        try contacts.changes(after: 0, of: organization, in: tx).count
                    }
                    return (try await fixture.census(), progress, crashes, changes)
                } catch FixtureError.interrupted {
                    crashes += 1
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an import that crashed anywhere ends as one that never did`(kind: StoreKind) async throws {
        let file = DamagedExport.people(3_500).replacing("\n", with: "\r\n")
            .replacing("id-1777;", with: "id-1777;31/31/1980;;;broken;row;;;;;;;\r\nid-x1777;", maxReplacements: 1)
        let whole = try await census(kind, file, crashingAt: [])
        #expect(whole.progress.counts.added == 3_500)
        #expect(whole.progress.counts.rejected == 1)
        let points: [ImportPoint] = [
            .beforeChunk(lastRow: 1_000), .insideChunk(lastRow: 1_000), .afterChunk(lastRow: 1_000),
            .insideChunk(lastRow: 2_000), .afterChunk(lastRow: 3_000), .insideChunk(lastRow: 3_502),
        ]
        let torn = try await census(kind, file, crashingAt: points)
        #expect(torn.crashes == points.count)
        #expect(torn.census == whole.census)
        #expect(torn.progress.counts == whole.progress.counts)
        #expect(torn.progress.state == .finished)
        #expect(torn.changes == whole.changes)
    }

    @Test(arguments: TestStore.kinds)
    func `an import in one go is not overtaken by the workers beside it`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let worker = ImportWorker(contacts: fixture.contacts, owner: Array("beside".utf8))
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var taken = 0
                    while !Task.isCancelled { if try await worker.runOne() != nil { taken += 1 } }
                    return taken
                }
                let progress = try await fixture.importing(DamagedExport.people(3_500))
                #expect(progress.counts.added == 3_500)
                #expect(progress.state == .finished)
                group.cancelAll()
                return try await group.next()
            }
            #expect(taken == 0)
            #expect(try await worker.runOne() == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `two workers on one import write each row once`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            guard case .ready(let id) = try await fixture.upload(DamagedExport.people(2_500)) else {
                throw FixtureError.noProposal
            }
            let preview = try #require(try await fixture.contacts.preview(id, by: fixture.marketer))
            let choices = ImportChoices(mapping: preview.mapping, source: "clinic")
            _ = try await fixture.contacts.start(id, choices, by: fixture.marketer)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        while true {
                            do {
                                _ = try await fixture.contacts.run(id, of: fixture.organization)
                                return
                            } catch {
                                // Overtaken, or in the other's way: it goes on from where the other is.
                                continue
                            }
                        }
                    }
                }
            }
            let progress = try #require(try await fixture.contacts.progress(of: id, by: fixture.marketer))
            #expect(progress.state == .finished)
            #expect(progress.counts.added == 2_500)
            #expect(try await fixture.contacts.count(by: fixture.marketer) == 2_500)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the worker takes a started import from the queue and leaves nothing there`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let worker = ImportWorker(contacts: fixture.contacts, owner: Array("test".utf8))
            #expect(try await worker.runOne() == nil)
            guard case .ready(let id) = try await fixture.upload(DamagedExport.people(10)) else {
                throw FixtureError.noProposal
            }
            let preview = try #require(try await fixture.contacts.preview(id, by: fixture.marketer))
            let choices = ImportChoices(mapping: preview.mapping, source: "clinic")
            _ = try await fixture.contacts.start(id, choices, by: fixture.marketer)
            #expect(try await worker.runOne()?.counts.added == 10)
            #expect(try await worker.runOne() == nil)
            let left = try await fixture.store.read { tx in
                (
                    try tx.first("SELECT COUNT(*) FROM work_item", as: Int.self),
                    try tx.first("SELECT COUNT(*) FROM contact_import_chunk", as: Int.self)
                )
            }
            #expect(left.0 == 0 && left.1 == 0)
        }
    }
}
