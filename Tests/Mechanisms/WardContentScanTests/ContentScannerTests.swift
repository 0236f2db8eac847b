// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardContentScan

@Suite struct ContentScannerTests {
    private static let scanner = ContentScanner(drugNames: ["metformin", "Lithium Carbonate"], year: 2026)

    private func kinds(_ text: String, as form: ContentPart.Form = .plain) -> [ContentKind] {
        Self.scanner.scan([ContentPart(text, in: .text, as: form)]).map(\.kind)
    }

    @Test(arguments: [
        ("Her SSN is 123-45-6789.", ContentKind.socialSecurityNumber),
        ("ssn 123456789", .socialSecurityNumber),
        ("Social Security: 123 45 6789", .socialSecurityNumber),
        ("１２３-４５-６７８９", .socialSecurityNumber),
        ("123\u{2011}45\u{2011}6789", .socialSecurityNumber),
        ("1\u{200B}23-45-67\u{AD}89", .socialSecurityNumber),
        ("MBI 1EG4-TE5-MK73", .medicareNumber),
        ("1eg4te5mk73", .medicareNumber),
        ("MRN: 00481516", .medicalRecordNumber),
        ("Chart no. A-448812", .medicalRecordNumber),
        ("Member ID: XYZ123456789", .memberNumber),
        ("DOB: 3/4/1961", .dateOfBirth),
        ("born on March 4, 1961", .dateOfBirth),
        ("Jane Roe (03/04/1961) was seen", .dateOfBirth),
        ("fecha de nacimiento 1961-03-04", .dateOfBirth),
        ("Diagnosis E11.9 confirmed", .diagnosisCode),
        ("S72.001A", .diagnosisCode),
        ("dx: E11", .diagnosisCode),
        ("take METFORMIN twice", .drugName),
        ("lithium\ncarbonate", .drugName),
    ])
    func `a planted value is found`(text: String, kind: ContentKind) {
        #expect(kinds(text).contains(kind), "\(text)")
    }

    @Test(arguments: [
        "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "078-05-1120",
        "Order 1-123-45-6789-0", "Call 555-867-5309 or 1-800-555-0199.", "Invoice 123456789 is due on 03/04/2026.",
        "Your appointment is on Monday, March 4, 2026 at 9:30.", "Updated Version 2.10.1 on 2026-01-05",
        "ISBN 978-3-16-148410-0", "10.0.0.12 and 192.168.12.34", "Meet at 123 Main Street, Springfield, IL 62704-1234",
        "The flu shot season begins. Clinic Hours 8-5.", "A4 paper, B12 vitamin, room C3", "Ticket LH-22 of 1999",
        "1SG4TE5MK73", "We were founded 12/01/1998 and moved in 2004.", "Total $1,234.56 (tax 7.25%)",
    ])
    func `clean text gives no finding`(text: String) {
        #expect(kinds(text) == [], "\(text)")
    }

    @Test func `HTML is read as it is seen, and what is hidden in it as well`() {
        #expect(kinds("<p>123-<b>45</b>-67&#56;9</p>", as: .html) == [.socialSecurityNumber])
        #expect(kinds("<p>hello</p><!-- 123-45-6789 -->", as: .html) == [.socialSecurityNumber])
        #expect(kinds("<td>123</td><td>45</td><td>6789</td>", as: .html) == [])
        #expect(kinds("<p>SSN <a href=\"tel:123456789\">call</a></p>", as: .html) == [.socialSecurityNumber])
        #expect(kinds("<123-45-6789><p>hello</p>", as: .html) == [.socialSecurityNumber])
        #expect(kinds("<p>ssn &123456789; &metformin;</p>", as: .html) == [.socialSecurityNumber, .drugName])
        #expect(kinds("<metformin><p>hello</p>", as: .html) == [.drugName])
    }

    /// What leaves in the source is found by what is read of it, as if all of it were read as text.
    @Test func `nothing in the source of HTML is missed by reading what is seen and what is not`() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "<p>", "</p>", "<br>", "<BR/>", "<b>", "</b>", "<a href=\"x\">", "</a>", "<!-- ", " -->", "<td class=x>",
            "&nbsp;",
            "&x;", "&", ";", "<", ">", "SSN ", "ssn:", "123456789", "123-45-6789", " metformin ", "lithium carbonate",
            " DOB ",
            "3/4/1961", "March 4, 1961 ", "MRN ", "00481516", "member id ", "E11.9", " dx ", "\n", "word ", "word",
            " Ann Roe ",
            String(repeating: "much text that says nothing. ", count: 9),
        ]
        for _ in 0..<250 {
            let text = (0..<12).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            let raw = kinds(text)
            let read = kinds(text, as: .html)
            // Which of two labels is nearer to a number depends on whether a mark between them is a word.
            func same(_ kinds: [ContentKind]) -> Set<ContentKind> {
                Set(kinds.map { $0 == .memberNumber ? .medicalRecordNumber : $0 })
            }
            #expect(same(read).isSuperset(of: same(raw)), "\(text)")
        }
    }

    @Test func `a word that is not looked at would have begun nothing`() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "123", "45", "6789", "-", "/", ".", " ", "\n", "March", "mar", "4", "1961", "DOB", "E11", "9", "MRN",
            "A448812",
            "metformin", "Lithium", "carbonate", "née", "word", "1eg4te5mk73", "Ann", "Roe",
        ]
        for _ in 0..<250 {
            let text = (0..<10).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            let words = WordList(Array(text.utf8))
            for position in 0..<words.count where !Self.scanner.mayMatter(words, position) {
                #expect(Self.scanner.match(words, at: position).0 == nil, "\(text)")
            }
        }
    }

    @Test func `a column's name labels its values`() {
        #expect(kinds("Name,DOB,Visits\r\n\"Roe, Jane\",03/04/1961,3\r\n", as: .commaSeparated) == [.dateOfBirth])
    }

    @Test func `what is not read is said to be unreadable`() {
        let office = ContentPart.form(ofMediaType: "application/pdf")
        #expect(Self.scanner.scan([ContentPart([0x25], in: .attachment, as: office)]).map(\.kind) == [.unreadable])
        #expect(Self.scanner.scan([ContentPart([0, 1], in: .attachment)]).map(\.kind) == [.unreadable])
    }

    @Test func `a finding holds no value`() {
        let findings = Self.scanner.scan([ContentPart("123-45-6789 and 234-56-7890", in: .subject)])
        #expect(findings == [ContentFinding(.socialSecurityNumber, in: .subject, count: 2)])
        #expect(!"\(findings)".contains("6789"))
    }

    @Test func `an own pattern matches whole words only`() throws {
        let pattern = try SafePattern("LH-######")
        func count(_ text: String) -> Int { pattern.matches(in: Array(text.utf8)) }
        #expect(count("see LH-123456, lh-654321") == 2)
        #expect(count("XLH-123456 LH-1234567 LH-12345") == 0)
        let wide = try SafePattern("@@~#{4,8}")
        #expect(wide.matches(in: Array("AB1234 ab-12345678 CD 999 AB-123456789".utf8)) == 2)
    }

    @Test(arguments: [
        ("", SafePattern.Problem.empty), ("##", .tooWide), ("#{1,33}", .countInvalid), ("#{5,2}", .countInvalid),
        ("#{x}", .countInvalid), ("#{32}#{32}#{32}#{32}", .tooLong), ("~~~~~~", .tooWide),
    ])
    func `a text that is no pattern says why`(text: String, problem: SafePattern.Problem) {
        #expect(throws: problem) { try SafePattern(text) }
    }

    /// The time is linear: four times the text takes about four times as long, for whatever is repeated.
    @Test(arguments: [
        "1-", "123-45-", "a", "<", "<b", "&#", "&", "DOB ", "member id ", "E11.", "Jane Roe ", "\"", ",", "0", "A1",
        "metformin ", "1 2 3 ", "\u{200B}", "LH-",
    ])
    func `fifty thousand hostile characters are read in a bounded time`(unit: String) throws {
        let patterns = [try SafePattern("#{0,30}#{0,30}#{0,30}####"), try SafePattern("LH-&{1,32}~&{1,32}~&{1,32}X")]
        let scanner = ContentScanner(drugNames: ["metformin"], patterns: patterns, year: 2026)
        func time(_ length: Int) -> Duration {
            let text = String(repeating: unit, count: length / unit.utf8.count + 1)
            return ContinuousClock().measure {
                for form in [ContentPart.Form.plain, .html, .commaSeparated] {
                    _ = scanner.scan([ContentPart(text, in: .text, as: form)])
                }
            }
        }
        let (short, long) = (min(time(12_500), time(12_500)), min(time(50_000), time(50_000)))
        #expect(long < short * 12 + .milliseconds(100), "\(short) for a quarter, \(long) for all")
    }
}
