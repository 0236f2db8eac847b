// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardContacts

@Suite struct DetectionTests {
    private func profile(_ cells: [String]) -> ColumnProfile {
        var profile = ColumnProfile()
        for cell in cells { profile.count(cell) }
        return profile
    }

    @Test func `the order of day and month is told by days above twelve`() {
        #expect(profile(["5/25/1989", "1/2/1990"]).dateOrder == .monthFirst)
        #expect(profile(["25/5/1989", "1/2/1990"]).dateOrder == .dayFirst)
        #expect(profile(["25.5.1989", "1.2.1990"]).dateOrder == .dayFirst)
        #expect(profile(["1/2/1990"]).orderIsGuessed)
        #expect(profile(["25/5/1989", "5/25/1989"]).hasBothOrders)
        #expect(profile(["1989-05-25", "19890525"]).type == .date)
    }

    @Test func `dates are read in their order, and never bent into another day`() throws {
        func read(_ text: String, _ order: DateOrder = .monthFirst) -> String? {
            do throws(CellProblem) { return try DateReading.read(text, order: order).day.description } catch {
                return nil
            }
        }
        #expect(read("5/25/1989") == "1989-05-25")
        #expect(read("25/5/1989", .dayFirst) == "1989-05-25")
        #expect(read("25.5.1989") == "1989-05-25")
        #expect(read("1989-05-25T01:02:03Z") == "1989-05-25")
        #expect(read("25/5/1989") == nil)
        #expect(read("2/30/1989") == nil)
        #expect(read("5/25/89") == nil)
        #expect(read("32653") == nil)
        let moment = try DateReading.read("2010-07-27T12:58:08-04:00", order: .monthFirst)
        #expect(moment.time?.description == "2010-07-27T16:58:08.000Z")
    }

    @Test func `numbers that a spreadsheet mangled are told apart from German ones`() {
        #expect(profile(["4.222.835.382.315.940", "-7.256.295.055.096.880"]).type == .mangledNumber)
        #expect(profile(["1.234.567", "987.654.321"]).decimalComma)
        #expect(profile(["1.234,56", "7,5"]).decimalComma)
        #expect(!profile(["1,234.56", "7.5"]).decimalComma)
        func read(_ text: String, comma: Bool) -> Double? {
            do throws(CellProblem) { return try NumberReading.read(text, decimalComma: comma) } catch { return nil }
        }
        #expect(read("1.234,56", comma: true) == 1_234.56)
        #expect(read("1,234.56", comma: false) == 1_234.56)
        #expect(read("1.234.567", comma: true) == 1_234_567)
        #expect(read("13.348.799.999.999.900", comma: false) == nil)
        #expect(read("12a", comma: false) == nil)
    }

    @Test func `the types of columns`() {
        #expect(profile(["a@mail.example", "b@mail.example"]).type == .email)
        #expect(profile(["999-76-6866"]).type == .socialSecurityNumber)
        #expect(profile(["M", "F", ""]).type == .sex)
        #expect(profile(["yes", "no"]).type == .boolean)
        #expect(profile(["(555) 010-7203", "555-010-7204"]).type == .phone)
        #expect(profile(["Ware", "Chicopee"]).type == .text)
        #expect(profile(["", " "]).type == .empty)
        #expect(profile(["=SUM(A1)", "+cmd|x", "-5", "@x"]).formulas == 3)
    }

    @Test func `ZIP codes get back the zeros they lost`() {
        #expect(CodeReading.zip("1013") == "01013")
        #expect(CodeReading.zip("501") == "00501")
        #expect(CodeReading.zip("66801") == "66801")
        #expect(CodeReading.zip("1013-1234") == "01013-1234")
        #expect(CodeReading.zip("SW1A 1AA") == nil)
    }

    @Test func `headers of an export in English, German and Spanish`() {
        let pairs: [(String, AttributeName)] = [
            ("BIRTHDATE", .birthDate), ("Date of Birth", .birthDate), ("Geburtsdatum", .birthDate),
            ("Fecha de nacimiento", .birthDate), ("FIRST", .givenName), ("Vorname", .givenName), ("Nombre", .givenName),
            ("Apellidos", .familyName), ("Nachname", .familyName), ("E-Mail", .email), ("Correo electrónico", .email),
            ("PLZ", .zip), ("MRN", .recordNumber), ("Preferred Language", .language), ("Straße", .address),
        ]
        for (header, attribute) in pairs { #expect(HeaderNames.attribute(for: header) == attribute, "\(header)") }
    }

    @Test func `the proposal for a damaged export names what it repairs, what it skips and what is PHI`() {
        let rows = DamagedExport.people(60).split(separator: "\n").map {
            $0.split(separator: ";", omittingEmptySubsequences: false)
        }
        let headers = rows[0].map(String.init)
        let profiles = headers.indices.map { column in profile(rows.dropFirst().map { String($0[column]) }) }
        let subject = ProposeMapping.subject(headers: headers, fileName: "patients.csv")
        #expect(subject == .people)
        let columns = ProposeMapping.columns(
            headers: headers,
            profiles: profiles,
            subject: subject,
            known: AttributeDefinition.builtInsByName
        )
        let byHeader = Dictionary(uniqueKeysWithValues: columns.map { ($0.header, $0) })
        #expect(byHeader["Id"]?.mapping.target == .attribute(.recordNumber))
        #expect(byHeader["BIRTHDATE"]?.mapping.target == .attribute(.birthDate))
        #expect(byHeader["BIRTHDATE"]?.mapping.dateOrder == .monthFirst)
        #expect(byHeader["ZIP"]?.mapping.repairsZIP == true)
        #expect(
            byHeader["ZIP"]?.notes == [
                "54 ZIP codes lost their leading zero and are filled up to five digits.",
                "6 ZIP codes are zero, as exports write an unknown one. They are left out.",
            ]
        )
        #expect(byHeader["SSN"]?.mapping.target == .skip)
        #expect(byHeader["LAT"]?.type == .mangledNumber)
        #expect(byHeader["LAT"]?.mapping.target == .skip)
        #expect(byHeader["HEALTHCARE_EXPENSES"]?.mapping.target == .skip)
        #expect(byHeader["HEALTHCARE_EXPENSES"]?.notes.first?.hasPrefix("A spreadsheet mangled 20 numbers") == true)
        #expect(columns.filter(\.isPHI).map(\.header).contains("FIRST"))
    }

    @Test func `files of dated records are known by their columns and their name`() {
        let conditions = ["START", "STOP", "PATIENT", "ENCOUNTER", "CODE", "DESCRIPTION"]
        #expect(ProposeMapping.subject(headers: conditions, fileName: "conditions.csv") == .records(.condition))
        let shots = ["DATE", "PATIENT", "ENCOUNTER", "CODE", "DESCRIPTION", "BASE_COST"]
        #expect(ProposeMapping.subject(headers: shots, fileName: "immunizations.csv") == .records(.immunization))
        #expect(ProposeMapping.subject(headers: ["Id", "FIRST", "BIRTHDATE"], fileName: "x.csv") == .people)
    }

    @Test func `encodings are told by every byte`() throws {
        func detected(_ bytes: [UInt8]) throws -> TextEncoding {
            var detector = EncodingDetector()
            for byte in bytes { detector.feed([byte]) }
            return try detector.result().encoding
        }
        let text = "id,name\n1,José €\n"
        for encoding in TextEncoding.allCases {
            #expect(try detected(CSVReaderTests.encoded(text, encoding)) == encoding)
        }
        #expect(try detected([0xFF, 0xFE] + CSVReaderTests.encoded(text, .utf16LittleEndian)) == .utf16LittleEndian)
        #expect(try detected(Array(text.utf8) + [0xC3]) == .utf8)
    }

    @Test func `addresses come from names without accents, spaces and digits`() throws {
        let template = try #require(EmailTemplate("{first}.{last}@tls.example"))
        #expect(
            template.address(given: "José Eduardo181", family: "Gómez206", number: 1)?.mailbox
                == "joseeduardo.gomez@tls.example"
        )
        #expect(template.address(given: "Anna", family: "O'Hara", number: 3)?.mailbox == "anna.ohara3@tls.example")
        #expect(template.address(given: "", family: "Weiß-Øre", number: 1)?.mailbox == "weissore@tls.example")
        #expect(template.address(given: "12", family: "", number: 1) == nil)
        for wrong in [
            "plain@tls.example", "{first}", "{middle}@tls.example", "{first}@{last}.example", "{first@x.example",
        ] {
            #expect(EmailTemplate(wrong) == nil)
        }
    }

    @Test func `cells that a spreadsheet would run are neutralized, and come back`() {
        for cell in ["=1+1", "+1 555", "-2", "@x", "\tx", "\rx", "  =x", "＝x", "|calc"] {
            let text = NeutralizedCell(cell).text
            #expect(text == "\"'\(cell)\"")
            #expect(NeutralizedCell.original("'" + cell) == cell)
        }
        #expect(NeutralizedCell("a\"b").text == "\"a\"\"b\"")
        #expect(NeutralizedCell.original("'twas") == "'twas")
    }
}
