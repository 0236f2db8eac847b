// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardContacts
import WardKernel
import WardServer
import WardTestKit

/// Bad files through the real `ward contacts import`: what is wrong, where, and what to do (DESIGN I11), and nothing lost.
@Suite struct BadFileTests {
    private func importing(
        _ bytes: [UInt8],
        on kind: StoreKind
    ) async throws -> ScenarioPlace.Answer {
        try await ScenarioPlace.with(kind) { place in
            try await place.ward("contacts", "import", try place.write(bytes, to: "people.csv"))
        }
    }

    /// Exit code 1, nothing on standard output, one sentence on standard error.
    private func expectRefused(_ bytes: [UInt8], on kind: StoreKind, _ sentence: String) async throws {
        let answer = try await importing(bytes, on: kind)
        #expect(answer.status == 1)
        #expect(answer.output == "")
        #expect(answer.errors == sentence + "\n")
    }

    @Test(arguments: TestStore.kinds)
    func `a file that was cut off keeps its whole rows and names the last`(kind: StoreKind) async throws {
        let answer = try await importing(Array("Id,First,Last\n1,Ada,Example\n2,Be".utf8), on: kind)
        #expect(answer.status == 0)
        #expect(answer.output.contains("added                   1\n"), "\(answer.output)")
        #expect(answer.output.contains("rejected                1\n"), "\(answer.output)")
        #expect(
            answer.errors == """
                Row 3: the row has 2 of 3 cells and is the last: the file seems to be cut off. Export it again.
                Rejected rows are kept: download them with their reasons on the page of this import, mend them, and \
                import that file.

                """
        )
    }

    @Test(arguments: TestStore.kinds)
    func `an encoding that Ward does not read`(kind: StoreKind) async throws {
        try await expectRefused(
            Array("Id,Name\n1,Jos".utf8) + [0x81, 0x8D, 0xE9, 0x0A],
            on: kind,
            "The file's encoding is none that Ward reads (UTF-8, UTF-16, Windows-1252): byte 13 fits none of them. "
                + "Save it as CSV UTF-8 and upload it again."
        )
    }

    @Test(arguments: TestStore.kinds)
    func `two columns of one name`(kind: StoreKind) async throws {
        try await expectRefused(
            Array("Id,First,id\n1,Ada,2\n".utf8),
            on: kind,
            "Row 1 names two columns id: columns 1 and 3. Rename one of them and upload the file again."
        )
    }

    @Test(arguments: TestStore.kinds)
    func `a cell of ten megabytes`(kind: StoreKind) async throws {
        let huge = "Id,First,NOTES\n1,Ada,ok\n2,Bea," + String(repeating: "x", count: 10_000_000) + "\n3,Cleo,ok\n"
        try await expectRefused(
            Array(huge.utf8),
            on: kind,
            "Row 3, column NOTES: the cell is larger than 1024 KiB, the most that Ward reads. Shorten it, or look for "
                + "a quotation mark that is never closed, and upload the file again."
        )
    }

    @Test(arguments: TestStore.kinds)
    func `a file that is no text`(kind: StoreKind) async throws {
        try await expectRefused(
            [0x50, 0x4B, 0x03, 0x04] + Array(repeating: 7, count: 400),
            on: kind,
            "The file is not a table in text form: it looks like an Excel workbook or another ZIP archive. Save it as "
                + "CSV and upload that."
        )
    }

    @Test(arguments: TestStore.kinds)
    func `an empty file`(kind: StoreKind) async throws {
        try await expectRefused([], on: kind, "The file is empty. Export it again and upload it.")
    }

    @Test(arguments: TestStore.kinds)
    func `a file that is not there`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            let answer = try await place.ward("contacts", "import", "/nowhere/people.csv")
            #expect(answer.status == 2)
            #expect(
                answer.errors
                    == "The file /nowhere/people.csv cannot be read: check its name and your rights on it.\n"
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `cells that a spreadsheet would run are harmless in the file of rejected rows`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            let rows = """
                record_number,given_name,family_name,birth_date,email
                1,Ada,Example,1980-02-29,ada@mail.example
                2,=cmd|'/c calc'!A0,@SUM(A1),not a day,bea@mail.example
                3,+1,-2,neither,cleo@mail.example

                """
            let file = try place.write(rows, to: "people.csv")
            let imported = try await place.ward("contacts", "import", file, "--json")
            #expect(imported.status == 0)
            let id = try #require(ImportID(try KilledCampaignTests.fields(imported.output)["import"] ?? ""))
            let export = try await place.opened { installation in
                var bytes: [UInt8] = []
                let requester = try await ScenarioPlace.requester(in: installation)
                let rows = try await installation.modules.contacts.exportRejected(of: id, by: requester)
                while let piece = try await rows?.next() { bytes += piece }
                return String(decoding: bytes, as: UTF8.self)
            }
            let lines = export.split(separator: "\r\n").map(String.init)
            #expect(lines.count == 3, "\(imported.errors)")
            #expect(lines[1].hasPrefix(#""2","'=cmd|'/c calc'!A0","'@SUM(A1)","not a day""#), "\(lines)")
            #expect(lines[2].hasPrefix(#""3","'+1","'-2","neither""#), "\(lines)")
            // What the terminal says names the column and repeats no value.
            #expect(imported.errors.contains("Row 3, column birth_date: "))
            #expect(!imported.errors.contains("not a day") && !imported.errors.contains("cmd"))
        }
    }
}
