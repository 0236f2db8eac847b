// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardCommands
import WardServer
import WardTestKit

@testable import WardDemo

/// The whole story on both stores: people made and imported, a segment, a campaign over real SMTP and TLS to the mail
/// world, the portal for the rest, the report, the verified log. Afterwards no planted value lies anywhere in the clear.
@Suite struct DemoStoryTests {
    private final class Collected: CommandOutput {
        let isTerminal = false
        let width = 100
        let lines = Mutex<[String]>([])
        func line(_ text: String) async { lines.withLock { $0.append(text) } }
        func problem(_ text: String) async { lines.withLock { $0.append("! " + text) } }
        func progress(_ text: String) async {}
        func endProgress() async {}
        var text: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    /// Values that stand nowhere else.
    private static let planted = (0..<40).map { (given: "Zyxplanted\($0)q", family: "Wvuplanted\($0)k") }

    private func plantedFile(in folder: String) throws -> String {
        let rows = Self.planted.enumerated().map { number, name in
            "PLANT-9\(100 + number),\(name.given),\(name.family),19\(50 + number % 40)-03-1\(number % 9),F,1 Zyxstreet \(number)"
        }
        let text = (["record_number,given_name,family_name,birth_date,sex,address"] + rows).joined(separator: "\r\n")
        let path = folder + "/planted.csv"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test(arguments: TestStore.kinds)
    func `the story ends with a final state for everybody and leaves nothing in the clear`(kind: StoreKind) async throws
    {
        let folder = FileManager.default.temporaryDirectory.path() + "/ward-story-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // What cannot be removed from the temporary folder does not fail the test.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var arguments = [
            "--once", "--people", "60", "--data", folder + "/data", "--import", try plantedFile(in: folder),
        ]
        var places = [folder + "/data", folder + "/data-keys", folder + "/data-checkpoints"]
        if kind == .postgres {
            let server = try TestPostgres.shared.get()
            arguments += ["--store", "postgres:" + (try await server.makeSchema())]
            places.append(server.folder)
        }
        let output = Collected()
        let status = try await Demonstration(command: try DemoCommand.reading(arguments), output: output).run()
        #expect(status == .done, "\(output.text)")
        #expect(output.text.contains("Audit log verified"))
        let signed = output.text.firstMatch(of: /Signatures verified on ([0-9,]+) of the newest ([0-9,]+) messages/)
        #expect(signed.map { $0.output.1 == $0.output.2 && $0.output.1 != "0" } ?? false, "\(output.text)")
        let words = Self.planted.flatMap { [$0.given, $0.family] } + ["Zyxstreet", "PLANT-91"]
        for word in words { #expect(!output.text.contains(word)) }
        let found = try places.flatMap { try Self.files(holding: words, below: $0) }
        #expect(found.isEmpty, "\(found)")
    }

    /// The names of files in which one of the words stands.
    private static func files(holding words: [String], below folder: String) throws -> [String] {
        let needles = words.map { Data($0.utf8) }
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            guard let content = FileManager.default.contents(atPath: folder + "/" + name) else { return false }
            return needles.contains { content.range(of: $0) != nil }
        }
    }
}
