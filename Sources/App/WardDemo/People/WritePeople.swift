// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands
import WardContacts
import WardKernel

/// Writes made-up people as the CSV files that an import takes, to try an import with or to measure one. They are
/// nobody's: the files are no PHI.
struct WritePeople: Sendable {
    let output: any CommandOutput
    let surroundings: Surroundings

    /// - Throws: `CommandFailure` when the folder cannot be written to.
    func run(count: Int, seed: UInt64, into path: String, asJSON: Bool) async throws -> ExitStatus {
        let today = CalendarDate(daysSince1970: Int(surroundings.now().microseconds / 86_400_000_000))
        var files: [String: Int]
        do {
            files = try Self.write(SyntheticPeople(seed: seed, count: count, today: today), into: path)
        } catch let error as CocoaError {
            throw CommandFailure(
                "The folder “\(path)” cannot be written to (\(error.localizedDescription)). Name another, or make room."
            )
        }
        if asJSON {
            await output.line(JSONText.object(files.mapValues { "\($0)" }))
            return .done
        }
        var table = Table([("file", .left), ("rows", .right)])
        for (name, rows) in files.sorted(by: { $0.key < $1.key }) { table.add(["\(path)/\(name)", rows.grouped]) }
        for line in table.lines(width: output.width) { await output.line(line) }
        return .done
    }

    /// Rows of each file, by name. A file is written out whenever a megabyte has gathered.
    private static func write(_ people: SyntheticPeople, into path: String) throws -> [String: Int] {
        let folder = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let all = try CSVFile(folder.appending(path: "people.csv"), header: PeopleCSV.peopleHeader)
        var kinds: [DatedRecordKind: CSVFile] = [:]
        for kind in DatedRecordKind.allCases {
            let place = folder.appending(path: PeopleCSV.fileName(of: kind))
            kinds[kind] = try CSVFile(place, header: PeopleCSV.recordsHeader)
        }
        for person in people {
            try all.add(PeopleCSV.line(of: person))
            for (kind, file) in kinds { try file.add(PeopleCSV.lines(of: person, kind: kind)) }
        }
        let files = [all] + kinds.values
        for file in files { try file.close() }
        return Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.rows) })
    }
}

/// A file that is written front to back.
private final class CSVFile {
    let name: String
    private(set) var rows = 0
    private let handle: FileHandle
    private var waiting: Data

    init(_ place: URL, header: String) throws {
        name = place.lastPathComponent
        waiting = Data(header.utf8)
        try Data().write(to: place)
        handle = try FileHandle(forWritingTo: place)
    }

    /// Lines, each with its end.
    func add(_ lines: String) throws {
        guard !lines.isEmpty else { return }
        rows += lines.utf8.count { $0 == 0x0A }
        waiting.append(contentsOf: lines.utf8)
        if waiting.count > 1_048_576 { try flush() }
    }

    func close() throws {
        try flush()
        try handle.close()
    }

    private func flush() throws {
        try handle.write(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: true)
    }
}
