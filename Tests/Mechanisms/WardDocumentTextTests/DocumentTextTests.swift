// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import WardDocumentText

/// Documents that real programs wrote, and those that nobody can read.
@Suite struct DocumentTextTests {
    /// A folder with the files that tools make, removed with the value.
    private struct Place: ~Copyable {
        let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(
                path: "ward-documents-\(UUID().uuidString.prefix(8))"
            )
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        // What cannot be removed from the temporary folder does not fail a test.
        deinit { try? FileManager.default.removeItem(at: folder) }

        func write(_ text: String, _ name: String) throws {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }

        func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

        func run(_ tool: String, _ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: tool)
            process.arguments = arguments
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
        }

        /// An archive made by Python's zipfile: names and contents in turn.
        func archive(_ files: [(String, String)]) throws -> [UInt8] {
            try run(
                "/usr/bin/python3",
                ["-c", Self.zip] + files.flatMap { [$0.0, $0.1] }
            )
            return try read("archive.zip")
        }

        private static let zip = """
            import sys, zipfile
            with zipfile.ZipFile("archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in zip(sys.argv[1::2], sys.argv[2::2]):
                    archive.writestr(name, content)
            """
    }

    private static let types = ("[Content_Types].xml", "<Types/>")

    @Test func `a letter in DOCX is read whole: runs joined, headers, notes, properties and entities`() throws {
        let body = """
            <w:document><w:body><w:p><w:r><w:t>Number 123-</w:t></w:r><w:r><w:t>45-6789</w:t></w:r></w:p>\
            <w:p><w:r><w:t>Caf&#233; &amp; more</w:t></w:r></w:p></w:body></w:document>
            """
        let place = try Place()
        let bytes = try place.archive([
            Self.types, ("word/document.xml", body), ("word/header1.xml", "<w:hdr><w:p>MRN 0048</w:p></w:hdr>"),
            ("docProps/core.xml", "<x><dc:title>About Ann</dc:title></x>"), ("word/_rels/document.xml.rels", "<R/>"),
            ("word/media/logo.png", "small"),
        ])
        let text = try #require(DocumentText.read(bytes))
        #expect(text.contains("Number 123-45-6789\n"))
        #expect(text.contains("Café & more") && text.contains("MRN 0048") && text.contains("About Ann"))
    }

    @Test func `what cannot be read whole is not read: macros, embedded files, large pictures, other archives`() throws
    {
        let place = try Place()
        let letter = ("word/document.xml", "<w:p>Hello</w:p>")
        #expect(DocumentText.read(try place.archive([Self.types, letter])) != nil)
        #expect(DocumentText.read(try place.archive([Self.types, letter, ("word/vbaProject.bin", "x")])) == nil)
        #expect(DocumentText.read(try place.archive([Self.types, letter, ("word/embeddings/a.xlsx", "x")])) == nil)
        let scan = String(repeating: "picture", count: 10_000)
        #expect(DocumentText.read(try place.archive([Self.types, letter, ("word/media/scan.png", scan)])) == nil)
        #expect(DocumentText.read(try place.archive([("letter.txt", "Hello")])) == nil)
        for bytes in [[], [0x50, 0x4b, 0x03, 0x04], Array("%PDF-1.7".utf8), Array("\u{d0}\u{cf} old Word".utf8)] {
            #expect(DocumentText.read(bytes) == nil)
        }
    }

    @Test func `a document that is a bomb is not read`() throws {
        let place = try Place()
        try place.run(
            "/usr/bin/python3",
            [
                "-c",
                """
                import zipfile
                with zipfile.ZipFile("archive.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                    archive.writestr("[Content_Types].xml", "<Types/>")
                    archive.writestr("word/document.xml", "a" * (65 << 20))
                """,
            ]
        )
        let bytes = try place.read("archive.zip")
        #expect(bytes.count < 200_000)
        #expect(DocumentText.read(bytes) == nil)
    }

    private static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private func printed(_ html: String, _ place: borrowing Place) throws -> [UInt8] {
        try place.write("<!doctype html><meta charset=utf-8>" + html, "page.html")
        try place.run(
            try #require(Self.chromium),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--user-data-dir=profile",
                "--print-to-pdf=page.pdf", "page.html",
            ]
        )
        return try place.read("page.pdf")
    }

    @Test func `what Chromium prints as PDF is read`() throws {
        let place = try Place()
        let html = """
            <p>Ann’s number is 123-45-6789, born 03/11/1950.</p><table><tr><td>MRN</td><td>00481516</td></tr></table>
            <p style="page-break-before: always">Señora Núñez · metformin</p>
            """
        let text = try #require(DocumentText.read(try printed(html, place)))
        #expect(text.contains("123-45-6789") && text.contains("03/11/1950") && text.contains("00481516"))
        #expect(text.contains("Núñez") && text.contains("metformin"))
        // Long lines are cut anywhere by the program that prints them: every number stays whole.
        let numbers = (0..<200).map { "\(200 + $0)-45-6789" }
        let long = try #require(DocumentText.read(try printed("<p>" + numbers.joined(separator: " ") + "</p>", place)))
        for number in numbers { #expect(long.contains(number)) }
    }

    @Test func `a PDF whose pages are a picture is not read`() throws {
        let place = try Place()
        let picture = "<svg width=400 height=300><rect width=400 height=300 fill=red /></svg>"
        let drawn =
            "<canvas id=c width=600 height=400></canvas><script>const x=document.getElementById('c').getContext('2d');"
            + "x.font='30px sans-serif';x.fillText('123-45-6789',10,50)</script>"
        #expect(DocumentText.read(try printed(drawn, place)) == nil)
        #expect(DocumentText.read(try printed(picture + "<p>A letter with enough words to read.</p>", place)) != nil)
    }

    /// A PDF by hand: one page, one font without a map of its own.
    private func pdf(
        _ content: String,
        font: String = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica",
        more: String = ""
    ) -> [UInt8] {
        Array(
            """
            %PDF-1.4
            1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
            2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1 /Resources <</Font <</F1 5 0 R>>>>>> endobj
            3 0 obj <</Type /Page /Parent 2 0 R /Contents 4 0 R>> endobj
            4 0 obj <</Length \(content.utf8.count)>> stream
            \(content)
            endstream endobj
            5 0 obj <<\(font)>> endobj
            \(more)
            trailer <</Root 1 0 R>>
            """.utf8
        )
    }

    @Test func `plain fonts, strings with escapes, gaps, notes and form fields are read`() throws {
        let shown =
            "BT /F1 12 Tf (Number 123\\05545) Tj (-6789) Tj 0 -14 Td [(Born) -300 (03/11/1950)] TJ <4D524E> ' ET"
        let note = "6 0 obj <</Type /Annot /Contents (Call \\(555\\) 0100) /V <FEFF00C9>>> endobj"
        let text = try #require(DocumentText.read(pdf(shown, more: note)))
        #expect(text.contains("Number 123-45-6789") && text.contains("Born 03/11/1950") && text.contains("\nMRN"))
        #expect(text.contains("Call (555) 0100") && text.contains("É"))
    }

    @Test(arguments: [
        ("/Type /Font /Subtype /Type0 /BaseFont /X", ""), ("/Type /Font /Subtype /Type3", ""),
        (
            "/Type /Font /Subtype /TrueType /BaseFont /ABCDEF+X /FontDescriptor <</Flags 4>>", ""
        ),
        ("/Type /Font /Subtype /Type1 /BaseFont /Helvetica", "7 0 obj <</Type /EmbeddedFile>> endobj"),
        ("/Type /Font /Subtype /Type1 /BaseFont /Helvetica", "7 0 obj <</XFA (x)>> endobj"),
    ])
    func `fonts whose letters nobody can tell and files within make a PDF unreadable`(font: String, more: String) {
        #expect(DocumentText.read(pdf("BT /F1 12 Tf (Hello, this is a text.) Tj ET", font: font, more: more)) == nil)
    }

    @Test func `an encrypted PDF is not read`() {
        var bytes = pdf("BT /F1 12 Tf (Hello) Tj ET")
        bytes += Array("\ntrailer <</Encrypt 9 0 R>>".utf8)
        #expect(DocumentText.read(bytes) == nil)
    }

    @Test func `whatever the octets, reading ends, and soon`() throws {
        let place = try Place()
        let good = [
            pdf("BT /F1 12 Tf (Hello there, a text) Tj ET"),
            try place.archive([Self.types, ("word/document.xml", "<w:p>Hello</w:p>")]),
        ]
        var generator = SystemRandomNumberGenerator()
        for original in good {
            for _ in 0..<300 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let position = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.remove(at: position)
                    default: bytes.insert(contentsOf: Array("<<[(".utf8), at: position)
                    }
                }
                _ = DocumentText.read(bytes)
            }
        }
        #expect(DocumentText.read(Array("%PDF-1.7 1 0 obj ".utf8) + [UInt8](repeating: 0x5b, count: 200_000)) == nil)
    }
}
