// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts

@Suite struct ImportTests {
    static let header = "Id,First,Last,Birthdate,Email\n"

    @Test(arguments: TestStore.kinds)
    func `a damaged export becomes people, repaired where that is certain`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let progress = try await fixture.importing(DamagedExport.people(50), template: "{first}.{last}@tls.example")
            #expect(progress.state == .finished)
            #expect(progress.counts.added == 50)
            #expect(progress.counts.rejected == 0)
            #expect(progress.counts.noted == 5)
            #expect(progress.rowsDone == 50)
            let people = try await fixture.everybody()
            #expect(people.count == 50)
            #expect(people.count { $0.isDeceased } == 7)
            let zips = Set(people.compactMap { $0.attributes[.zip]?.display })
            #expect(zips.allSatisfy { $0.count == 5 && $0.hasPrefix("01") })
            let first = try #require(people.first { $0.attributes[.recordNumber] == .text("id-0") })
            #expect(first.attributes[.email] == .text("joseeduardo.gomez@tls.example"))
            #expect(first.attributes[.birthDate] == .date(try #require(CalendarDate("1930-01-01"))))
            #expect(first.attributes[.sex] == .code("male"))
            #expect(first.attributes[.maritalStatus] == .code("married"))
            let emails = people.compactMap { $0.attributes[.email]?.display }
            #expect(Set(emails).count == 50)
            let second = people.first { $0.attributes[.recordNumber] == .text("id-25") }
            #expect(second?.attributes[.email] == .text("joseeduardo.gomez2@tls.example"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the same file again changes nothing, a corrected one only what it corrects`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let file = DamagedExport.people(30)
            try await fixture.importing(file, template: "{first}.{last}@tls.example")
            let before = try await fixture.census()
            let again = try await fixture.importing(file, template: "{first}.{last}@tls.example")
            #expect(again.counts.unchanged == 30)
            #expect(again.counts.added == 0)
            #expect(try await fixture.census() == before)
            let moved = file.replacing("id-3;", with: "id-3;", maxReplacements: 1)
                .replacing("Chicopee;1013", with: "Somerville;2143", maxReplacements: 1)
            let corrected = try await fixture.importing(moved)
            #expect(corrected.counts.updated == 1)
            #expect(corrected.counts.unchanged == 29)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a person is recognized by e-mail, birth date and name together, and by nothing less`(
        kind: StoreKind
    ) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let first = Self.header + "1,José,Gómez,1980-01-02,p@mail.example\n2,Ana,Gómez,2015-03-04,p@mail.example\n"
            #expect(try await fixture.importing(first, source: "one").counts.added == 2)
            let other =
                "Id,First,Last,Birthdate,Email\n"
                + "900,JOSE,Gomez,1/2/1980,P@mail.example\n"  // recognized: all three, folded
                + "901,Eva,Gómez,3/4/2015,p@mail.example\n"  // her twin: same address, same birthday
                + "902,José,Gómez,1/2/1980,other@mail.example\n"  // same name and birthday
                + "903,Luz,Gómez,5/6/1955,p@mail.example\n"  // shares the address alone
            let progress = try await fixture.importing(other, source: "two")
            #expect(progress.counts.updated == 1)
            #expect(progress.counts.added == 3)
            #expect(progress.counts.possibleDuplicates == 2)
            let pairs = try await fixture.contacts.possibleDuplicates(by: fixture.marketer)
            #expect(Set(pairs.map(\.reason)) == [.sameEmailAndBirthDate, .sameNameAndBirthDate])
            let byOther = ContactQuery.recordNumber(Sensitive("900"), source: "two")
            let byFirst = ContactQuery.recordNumber(Sensitive("1"), source: "one")
            let found = try await fixture.contacts.find(byOther, by: fixture.marketer).map(\.contact)
            #expect(try await fixture.contacts.find(byFirst, by: fixture.marketer).map(\.contact) == found)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `two record numbers of one source stay two people, whatever else agrees`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let file =
                Self.header + "1,Ada,Example,1980-01-02,a@mail.example\n2,Ada,Example,1980-01-02,a@mail.example\n"
            let progress = try await fixture.importing(file)
            #expect(progress.counts.added == 2)
            #expect(progress.counts.possibleDuplicates == 1)
            let pairs = try await fixture.contacts.possibleDuplicates(by: fixture.marketer)
            #expect(pairs.map(\.reason) == [.otherRecordNumber])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a file without record numbers and addresses is recognized when it comes again`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let file = "First,Last,Birthdate\nAda,Example,1980-01-02\nAda,Example,1990-01-02\nBea,Example,1980-01-02\n"
            let first = try await fixture.importing(file, template: "{first}.{last}@tls.example")
            #expect(first.counts.added == 3)
            let again = try await fixture.importing(file, template: "{first}.{last}@tls.example")
            #expect(again.counts.unchanged == 3)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `rejected rows come back with their reasons, and the mended file is taken`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let file =
                "Id,First,Last,Birthdate,Email,Note\n1,Ada,Example,31/31/1980,a@mail.example,=1+1\n"
                + "2,Bea,Example,1980-01-02,not an address,\n3,Cleo,Example,2/3/1990,c@mail.example,ok\n,,,,,\n"
            let progress = try await fixture.importing(file)
            #expect(progress.counts.added == 1)
            #expect(progress.counts.rejected == 3)
            let rejected = try await fixture.rejected(progress.id)
            let lines = rejected.split(separator: "\r\n").map(String.init)
            #expect(lines[0] == #""Id","First","Last","Birthdate","Email","Note","ward_row","ward_reason""#)
            #expect(
                lines[1] == #""1","Ada","Example","31/31/1980","a@mail.example","'=1+1","2","#
                    + #""Column Birthdate: this is not a date. Write it as 1989-05-25.""#
            )
            #expect(lines[2].contains("Column Email: this is not an e-mail address. Correct it, or empty the cell."))
            #expect(lines[3].contains("neither a record number nor a name"))
            #expect(try await fixture.auditCount("contact_import.export_rejected") == 1)
            let mended = rejected.replacing("31/31/1980", with: "1/31/1980").replacing(
                "not an address",
                with: "b@mail.example"
            )
            let second = try await fixture.importing(mended)
            #expect(second.counts.added == 2)
            let ada = try await fixture.everybody().first { $0.attributes[.recordNumber] == .text("1") }
            #expect(ada?.attributes[AttributeName(known: "note")] == .text("=1+1"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `cells that are not understood are left out and told by row and column`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let file =
                "Id,First,Last,Income,Phone\n1,Ada,Example,13.348.799.999.999.900,555-010-7203\n"
                + "2,Bea,Example,100,none\n"
            let progress = try await fixture.importing(file) { mapping in
                mapping.columns[3].target = .attribute(.income)
            }
            #expect(progress.counts.added == 2)
            #expect(progress.counts.noted == 2)
            let notes = try await fixture.contacts.notedCells(of: progress.id, by: fixture.marketer)
            #expect(notes[0].hasPrefix("Row 2, column Income: a spreadsheet mangled this number"))
            #expect(notes[1] == "Row 3, column Phone: this is not a phone number.")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `dated records join by record number, once, and unknown people's are rejected`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            try await fixture.importing(DamagedExport.people(20))
            let file = DamagedExport.conditions(100, of: 25)
            let progress = try await fixture.importing(file, name: "conditions.csv")
            #expect(progress.counts.rejected == 20)
            #expect(progress.counts.added + progress.counts.unchanged == 80)
            let again = try await fixture.importing(file, name: "conditions.csv")
            #expect(again.counts.added == 0)
            #expect(again.counts.unchanged == 80)
            let records = try await fixture.everybody().flatMap(\.records)
            #expect(records.count == progress.counts.added)
            #expect(records.allSatisfy { $0.kind == .condition && $0.display == "Chronic sinusitis" })
            let rejected = try await fixture.rejected(progress.id)
            #expect(rejected.contains("Column PATIENT: no person has this record number in the source clinic."))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the preview shows rows beside what was understood and is audited`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            guard case .ready(let id) = try await fixture.upload(DamagedExport.people(20)) else {
                return #expect(Bool(false), "refused")
            }
            let preview = try #require(try await fixture.contacts.preview(id, by: fixture.marketer))
            #expect(preview.progress.rowTotal == 20)
            #expect(preview.notes == ["Read as UTF-8, with a semicolon between cells."])
            #expect(preview.phiColumns.contains("BIRTHDATE"))
            #expect(!preview.phiColumns.contains("SSN"))
            let rows = preview.rows.expose(for: .disclosing) { $0 }
            #expect(rows.count == 10)
            #expect(rows[0].row == 2)
            #expect(rows[0].understood[1] == "1930-01-01")
            #expect(rows[0].cells[1] == "1/1/1930")
            #expect(try await fixture.auditCount("contact_import.preview") == 1)
            var wrong = preview.mapping
            wrong.columns[4].target = .attribute(.familyName)
            let outcome = try await fixture.contacts.start(
                id,
                ImportChoices(mapping: wrong, source: " "),
                by: fixture.marketer
            )
            #expect(
                outcome
                    == .notStartable([
                        .init(.columns, "The columns FIRST and LAST go to the same place. Skip one of them."),
                        .init(
                            .source,
                            "Name the source: the system that gave the record numbers, the same for each of its files."
                        ),
                    ])
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the basis is recorded for everybody in the file, in the same transaction`(kind: StoreKind) async throws {
        let recorder = BasisRecorder()
        try await ContactsFixture.with(kind, consent: recorder) { fixture in
            let basis = WritingBasis(
                purposes: ["care"],
                origin: "intake form 2025",
                wordingVersion: "intake-2025",
                obtainedAt: Timestamp(seconds: 1_700_000_000)
            )
            try await fixture.importing(DamagedExport.people(12), basis: basis)
            #expect(recorder.people.withLock { Set($0).count } == 12)
        }
        try await ContactsFixture.with(kind) { fixture in
            let basis = WritingBasis(
                purposes: ["care"],
                origin: "x",
                wordingVersion: "y",
                obtainedAt: Timestamp(seconds: 1)
            )
            await #expect(throws: FixtureError.notCreated) {
                try await fixture.importing(DamagedExport.people(2), basis: basis)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `UTF-16 and Windows-1252 files and a list for everybody`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let text = "Id;Vorname;Nachname;Geburtsdatum\r\n1;Zoë;Müller;25.5.1989\r\n"
            guard case .named(let list) = try await fixture.contacts.createList(named: "All", by: fixture.marketer)
            else { return #expect(Bool(false), "no list") }
            for (number, encoding) in [TextEncoding.utf16LittleEndian, .windows1252].enumerated() {
                let outcome = try await fixture.contacts.importFile(
                    fileName: "leute.csv",
                    pieces(CSVReaderTests.encoded(text, encoding)),
                    source: "klinik",
                    list: list,
                    by: fixture.marketer
                )
                guard case .imported(let progress) = outcome else { return #expect(Bool(false), "refused") }
                #expect(number == 0 ? progress.counts.added == 1 : progress.counts.unchanged == 1)
            }
            let person = try #require(try await fixture.everybody().first)
            #expect(person.attributes[.familyName] == .text("Müller"))
            #expect(person.attributes[.birthDate]?.display == "1989-05-25")
            #expect(person.lists == [list])
        }
    }
}

/// Remembers for whom a basis was recorded.
final class BasisRecorder: ConsentRecorder {
    let people = Mutex<[ContactID]>([])

    func record(
        _ basis: WritingBasis,
        for people: [ContactID],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        self.people.withLock { $0 += people }
    }
}
