// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts

/// Bad files get a clear answer: what, where, and what to do (invariant I11).
@Suite struct FileProblemTests {
    private func problem(_ bytes: [UInt8], name: String = "people.csv") async throws -> String {
        try await ContactsFixture.with(.sqlite) { try await $0.problem(bytes, name: name) }
    }

    private func problem(_ text: String) async throws -> String { try await problem(Array(text.utf8)) }

    @Test func `an empty file`() async throws {
        #expect(try await problem([]) == "The file is empty. Export it again and upload it.")
        #expect(try await problem([0xEF, 0xBB, 0xBF]) == "The file is empty. Export it again and upload it.")
    }

    @Test func `a header and nothing below it`() async throws {
        let message = try await problem("Id,First,Last\r\n")
        #expect(message == "The file has a header but no row below it. Export it again with its rows.")
    }

    @Test func `a workbook, a PDF and other bytes that are no table`() async throws {
        let zip = try await problem([0x50, 0x4B, 0x03, 0x04] + Array(repeating: 7, count: 400))
        #expect(
            zip == "The file is not a table in text form: it looks like an Excel workbook or another ZIP archive. "
                + "Save it as CSV and upload that."
        )
        let noise = try await problem((0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 37 % 32) })
        #expect(noise == "The file is not a table in text form. Save it as CSV and upload that.")
    }

    @Test func `an encoding that Ward does not read`() async throws {
        let message = try await problem(Array("Id,Name\n1,Jos".utf8) + [0x81, 0x8D, 0xE9, 0x0A])
        #expect(
            message
                == "The file's encoding is none that Ward reads (UTF-8, UTF-16, Windows-1252): byte 13 fits none of "
                + "them. Save it as CSV UTF-8 and upload it again."
        )
    }

    @Test func `two columns of one name`() async throws {
        let message = try await problem("Id,First,id\n1,Ada,2\n")
        #expect(
            message == "Row 1 names two columns id: columns 1 and 3. Rename one of them and upload the file again."
        )
    }

    @Test func `no header at all`() async throws {
        let message = try await problem("1,2001-01-02,ada@mail.example\n2,2002-01-02,bea@mail.example\n")
        #expect(
            message == "The first row holds no column names. Add a first row that names each column and upload the "
                + "file again."
        )
    }

    @Test func `a cell of ten megabytes`() async throws {
        let huge = "Id,First,NOTES\n1,Ada,ok\n2,Bea," + String(repeating: "x", count: 10_000_000) + "\n3,Cleo,ok\n"
        let message = try await problem(huge)
        #expect(
            message
                == "Row 3, column NOTES: the cell is larger than 1024 KiB, the most that Ward reads. Shorten it, or "
                + "look for a quotation mark that is never closed, and upload the file again."
        )
    }

    @Test func `a million columns`() async throws {
        let message = try await problem(String(repeating: "c,", count: 1_000_000) + "\n1\n")
        #expect(
            message
                == "Row 1 has more than 1000 columns, which is the most that Ward reads. Export only the columns you "
                + "need, or check the delimiter."
        )
    }

    @Test func `a quotation mark that is never closed`() async throws {
        let message = try await problem("Id,First\n1,Ada\n2,\"Bea\n3,Cleo\n")
        #expect(
            message
                == "Row 3, column First: a quotation mark opened on line 3 is never closed. Close it, or export the "
                + "file again if it was cut off, and upload it."
        )
    }

    @Test func `a refused file leaves no piece behind and says why again`() async throws {
        try await ContactsFixture.with(.sqlite) { fixture in
            guard case .refused(let id, let problem) = try await fixture.upload("Id,First\n") else {
                return #expect(Bool(false), "taken")
            }
            let progress = try #require(try await fixture.contacts.progress(of: id, by: fixture.marketer))
            #expect(progress.state == .refused)
            #expect(progress.problem == problem.description)
            #expect(try await fixture.contacts.preview(id, by: fixture.marketer) == nil)
            let pieces = try await fixture.store.read { tx in
                try tx.first("SELECT COUNT(*) FROM contact_import_chunk", as: Int.self)
            }
            #expect(pieces == 0)
        }
    }

    @Test func `a file that was cut off keeps its whole rows and tells the last`() async throws {
        try await ContactsFixture.with(.sqlite) { fixture in
            let progress = try await fixture.importing("Id,First,Last\n1,Ada,Example\n2,Be")
            #expect(progress.counts.added == 1)
            #expect(progress.counts.rejected == 1)
            let file = try await fixture.rejected(progress.id)
            #expect(
                file.contains(
                    "the row has 2 of 3 cells and is the last: the file seems to be cut off. Export it again."
                )
            )
        }
    }

    @Test func `rows with a NUL, a wrong byte, or cells too many are rejected by row and column`() async throws {
        try await ContactsFixture.with(.sqlite) { fixture in
            let progress = try await fixture.importing("Id,First,Last\n1,A\u{0}da,X\n2,Bea,Y,Z,Q\n3,Cleo,W\n")
            #expect(progress.counts.added == 1)
            let file = try await fixture.rejected(progress.id)
            #expect(file.contains("\"2\",\"Column First: the cell holds a NUL character"))
            #expect(file.contains("\"3\",\"the row has 5 cells where the header names 3."))
        }
    }

    @Test func `every problem says what to do`() {
        let all: [FileProblem] = [
            .empty, .headerOnly, .binary(looksLike: nil), .unknownEncoding(byteOffset: 1),
            .notInEncoding(name: "UTF-8", row: 2), .noHeader, .duplicateHeader(name: "a", first: 1, second: 2),
            .tooManyColumns(limit: 1), .cellTooLarge(row: 1, column: "a", limit: 1), .rowTooLarge(row: 1, limit: 1),
            .unterminatedQuote(row: 1, column: "a", line: 1), .lineTooLarge(row: 1, limit: 1),
        ]
        for problem in all {
            let action = ["upload", "Export", "Save", "Close", "Split"].contains { problem.description.contains($0) }
            #expect(action && problem.description.hasSuffix("."))
        }
    }
}
