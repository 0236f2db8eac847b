// SPDX-License-Identifier: Apache-2.0

import WardCommands
import WardContacts
import WardKernel
import WardServer

/// Makes the people and brings them in through the real import: one file of people, and one of each kind of dated record.
struct DemoPeople: Sendable {
    let installation: Installation
    let requester: Requester
    let telling: DemoTelling

    private var contacts: Contacts { installation.modules.contacts }

    func make(count: Int, seed: UInt64, today: CalendarDate) async throws {
        let started = installation.surroundings.now()
        var people: [UInt8] = Array(PeopleCSV.peopleHeader.utf8)
        var records: [DatedRecordKind: [UInt8]] = [:]
        for person in SyntheticPeople(seed: seed, count: count, today: today) {
            people += Array(PeopleCSV.line(of: person).utf8)
            for kind in DatedRecordKind.allCases {
                let lines = PeopleCSV.lines(of: person, kind: kind)
                if lines.isEmpty { continue }
                records[kind, default: Array(PeopleCSV.recordsHeader.utf8)] += Array(lines.utf8)
            }
        }
        await telling.step("People made", "people_made", count: count, since: started)
        let importing = installation.surroundings.now()
        let imported = try await bringIn("people.csv", people, basis: basis)
        await telling.step("Imported", "imported", count: imported.counts.added, since: importing)
        let joining = installation.surroundings.now()
        var count = 0
        for (kind, bytes) in records.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let progress = try await bringIn(PeopleCSV.fileName(of: kind), bytes, basis: nil)
            count += progress.counts.added
        }
        await telling.step("Dated records", "records", count: count, since: joining)
    }

    /// A file of the person's own: its people get mail of the class treatment.
    func bringIn(file path: String, _ bytes: AsyncThrowingStream<[UInt8], any Error>) async throws -> ImportProgress {
        let started = installation.surroundings.now()
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let template = EmailTemplate("{first}.{last}@tls.example")
        let outcome = try await contacts.importFile(
            fileName: name,
            bytes,
            source: "file",
            emailTemplate: template,
            by: requester
        )
        let progress = try Self.imported(outcome, name)
        await telling.step("From \(name)", "imported_file", count: progress.counts.added, since: started)
        return progress
    }

    private func bringIn(_ name: String, _ bytes: [UInt8], basis: WritingBasis?) async throws -> ImportProgress {
        let telling = telling
        await telling.progress("Importing \(name) …")
        let chunks = AsyncStream<[UInt8]> { continuation in
            for start in stride(from: 0, to: bytes.count, by: 65_536) {
                continuation.yield(Array(bytes[start..<min(start + 65_536, bytes.count)]))
            }
            continuation.finish()
        }
        let outcome = try await contacts.importFile(
            fileName: name,
            chunks,
            source: "demonstration",
            basis: basis,
            by: requester
        )
        return try Self.imported(outcome, name)
    }

    private var basis: WritingBasis {
        WritingBasis(
            purposes: ["care", "administrative", "services"],
            origin: "Made-up intake form",
            wordingVersion: "demo-1",
            obtainedAt: installation.surroundings.now()
        )
    }

    private static func imported(_ outcome: ImportFileOutcome, _ name: String) throws -> ImportProgress {
        switch outcome {
        case .imported(let progress): return progress
        case .refused(let problems):
            throw CommandFailure("\(name) was not imported. " + problems.joined(separator: " "), status: .negative)
        }
    }
}
