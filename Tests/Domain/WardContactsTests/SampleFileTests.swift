// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardTestKit

@testable import WardContacts

/// Real exports, where `WARD_SAMPLES` names their folder. The damage found in them is also made by `DamagedExport`, so
/// that every assertion runs without them.
@Suite struct SampleFileTests {
    private static var folder: String? {
        if let folder = ProcessInfo.processInfo.environment["WARD_SAMPLES"] { return folder }
        print("WARD_SAMPLES is not set: the real exports are not read; files made by the tests stand for them.")
        return nil
    }

    private func importing(
        _ path: String,
        _ fixture: ContactsFixture,
        template: String? = nil
    ) async throws -> ImportProgress {
        let folder = try #require(Self.folder)
        let outcome = try await fixture.contacts.importFile(
            fileName: path,
            FileBytes(path: folder + "/" + path),
            source: "sample",
            emailTemplate: template.flatMap(EmailTemplate.init),
            by: fixture.marketer
        )
        guard case .imported(let progress) = outcome else { throw FixtureError.notCreated }
        return progress
    }

    @Test(arguments: TestStore.kinds)
    func `people, conditions and immunizations of a real export`(kind: StoreKind) async throws {
        guard Self.folder != nil else { return }
        try await ContactsFixture.with(kind) { fixture in
            let people = try await importing(
                "synthea-csv/patients.csv",
                fixture,
                template: "{first}.{last}@tls.example"
            )
            #expect(people.counts.added == 1_171)
            #expect(people.counts.rejected == 0)
            let everybody = try await fixture.everybody()
            #expect(everybody.count { $0.isDeceased } == 171)
            #expect(everybody.allSatisfy { $0.attributes[.zip].map { $0.display.count == 5 } ?? true })
            #expect(Set(everybody.compactMap { $0.attributes[.email]?.display }).count == 1_171)
            let conditions = try await importing("synthea-csv/conditions.csv", fixture)
            #expect(conditions.counts.added + conditions.counts.unchanged == 8_376)
            #expect(conditions.counts.rejected == 0)
            let shots = try await importing("synthea-csv/immunizations.csv", fixture)
            #expect(shots.counts.added + shots.counts.unchanged == 15_478)
            let records = try await fixture.everybody().flatMap(\.records)
            #expect(records.count == conditions.counts.added + shots.counts.added)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `patients of a real bulk export`(kind: StoreKind) async throws {
        guard let folder = Self.folder else { return }
        try await ContactsFixture.with(kind) { fixture in
            let text = try String(contentsOfFile: folder + "/fhir-bulk-10/Patient.ndjson", encoding: .utf8)
            let progress = try await importing("fhir-bulk-10/Patient.ndjson", fixture)
            #expect(progress.counts.added == text.split(separator: "\n").count)
            #expect(progress.counts.rejected == 0)
        }
    }
}
