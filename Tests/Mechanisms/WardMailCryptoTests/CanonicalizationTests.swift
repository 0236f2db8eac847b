// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardMailCrypto

/// RFC 6376 section 3.4, its examples in 3.4.5 and properties that hold for any message.
@Suite struct CanonicalizationTests {
    private static let example = Array("A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n".utf8)

    private func canonicalized(_ message: [UInt8], _ form: Canonicalization) throws -> (header: String, body: String) {
        let octets = try MessageOctets(message)
        let header = octets.fields.flatMap { field -> [UInt8] in form.header(field, in: octets.bytes) + [0x0d, 0x0a] }
        let body = form.body(octets.bodyOctets)
        return (String(decoding: header, as: UTF8.self), String(decoding: body, as: UTF8.self))
    }

    @Test func `the RFC's example comes out relaxed as it says`() throws {
        let (header, body) = try canonicalized(Self.example, .relaxed)
        #expect(header == "a:X\r\nb:Y Z\r\n")
        #expect(body == " C\r\nD E\r\n")
    }

    @Test func `the RFC's example comes out simple as it says`() throws {
        let (header, body) = try canonicalized(Self.example, .simple)
        #expect(header == "A: X\r\nB : Y\t\r\n\tZ  \r\n")
        #expect(body == " C \r\nD \t E\r\n")
    }

    @Test func `an empty body is nothing relaxed and one line end simple`() throws {
        for message in ["A: b\r\n\r\n", "A: b\r\n", "A: b\r\n\r\n\r\n\r\n"] {
            #expect(try canonicalized(Array(message.utf8), .relaxed).body == "")
            #expect(try canonicalized(Array(message.utf8), .simple).body == "\r\n")
        }
    }

    @Test func `a last line without its end gets one`() throws {
        #expect(try canonicalized(Array("A: b\r\n\r\nc ".utf8), .relaxed).body == "c\r\n")
        #expect(try canonicalized(Array("A: b\r\n\r\nc ".utf8), .simple).body == "c \r\n")
    }

    @Test func `canonicalizing twice changes nothing more, whatever the message`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let body = (0..<Int.random(in: 0...60, using: &random)).flatMap { _ -> [UInt8] in
                [[0x20], [0x09], [0x0d, 0x0a], [0x61], [0xc3, 0xa9]].randomElement(using: &random) ?? []
            }
            for form in [Canonicalization.simple, .relaxed] {
                let once = form.body(body[...])
                #expect(form.body(once[...]) == once, "body \(body), \(form)")
            }
            let value = body.filter { $0 != 0x0d && $0 != 0x0a }
            let once = Canonicalization.relaxedHeader(name: "a", value: value)
            #expect(Canonicalization.relaxedHeader(name: "a", value: once.dropFirst(2)) == once, "value \(value)")
        }
    }

    @Test func `a relaxed body is what the RFC says line by line, whatever the lines`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let lines = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                String(
                    (0..<Int.random(in: 0...40, using: &random)).map { _ in
                        [" ", "\t", "a", "b", "ß", "."].randomElement(using: &random) ?? "a"
                    }
                )
            }
            let isEnded = Bool.random(using: &random)
            let body = lines.joined(separator: "\r\n") + (isEnded ? "\r\n" : "")
            var expected = lines.map { line in
                let words = line.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
                let isIndented = line.first == " " || line.first == "\t"
                return words.isEmpty ? "" : (isIndented ? " " : "") + words
            }
            while expected.last == "" { expected.removeLast() }
            let relaxed = Canonicalization.relaxed.body(Array(body.utf8)[...])
            #expect(String(decoding: relaxed, as: UTF8.self) == expected.map { $0 + "\r\n" }.joined(), "\(lines)")
        }
    }

    @Test func `bare line ends and lines that are no field are refused`() {
        for text in ["A: b\nC: d\r\n\r\n", "A: b\rC: d\r\n\r\n", "A: b\r\n\r\nx\ny\r\n", "A: b\r\n\r\nx\r"] {
            #expect(throws: DKIMError.bareLineEnd) { try MessageOctets(Array(text.utf8)) }
        }
        for text in [" A: b\r\n\r\n", "no field\r\n\r\n", ": b\r\n\r\n", "A\u{e9}: b\r\n\r\n", "A b: c\r\n\r\n"] {
            #expect(throws: DKIMError.malformedHeader) { try MessageOctets(Array(text.utf8)) }
        }
    }
}
