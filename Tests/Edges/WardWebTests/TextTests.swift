// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDelivery
import WardRender
import WardSandbox
import WardSubmission

@testable import WardWeb

/// Every text of the pages in English and in Spanish.
@Suite struct TextTests {
    private static func catalogue() throws -> Catalogue {
        try Catalogue(files: EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") })
    }

    /// The literals that the pages' code hands to `words`, read from the sources: a text that is put together elsewhere is
    /// listed below, by its enumeration.
    private static func textsOfTheCode() throws -> Set<String> {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Edges/WardWeb").standardizedFileURL
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        var found: Set<String> = []
        for name in names where name.hasSuffix(".swift") && name != "EmbeddedResources.swift" {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for piece in source.split(separator: "words(", omittingEmptySubsequences: false).dropFirst() {
                if let text = literal(piece) { found.insert(text) }
            }
        }
        return found
    }

    /// The string that the source begins with, `"…" + "…"` included; nil for anything else, or with values in it.
    private static func literal(_ source: Substring) -> String? {
        var rest = source.drop(while: \.isWhitespace)
        var text: String?
        while rest.first == "\"" {
            rest = rest.dropFirst()
            var isEscaped = false
            var part = ""
            while let character = rest.first, isEscaped || character != "\"" {
                if isEscaped, character == "(" { return nil }
                if isEscaped || character != "\\" { part.append(character) }
                isEscaped = !isEscaped && character == "\\"
                rest = rest.dropFirst()
            }
            text = (text ?? "") + part
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            guard rest.first == "+" else { break }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
        }
        return text
    }

    @Test func `every text of a template and of the code is in Spanish`() throws {
        let catalogue = try Self.catalogue()
        let code = try Self.textsOfTheCode()
        #expect(code.count > 250)
        let texts = Renderer.texts(in: Assets.templates).union(code)
        let missing = texts.filter { !catalogue.isTranslated($0, to: .spanish) }.sorted()
        #expect(missing == [])
    }

    @Test func `every reason, standing, question and problem that a page shows is in Spanish`() throws {
        let catalogue = try Self.catalogue()
        let texts =
            RefusalReason.allCases.map(\.sentence) + HoldReason.allCases.map(\.sentence)
            + DeliveryStanding.allCases.map(\.title) + ServerRefusal.allCases.map(\.sentence)
            + GateQuestionName.allCases.map(\.sentence) + SendMethod.allCases.map(\.title)
            + QueuePart.allCases.map(\.title) + SenderNoticeKind.allCases.map(\.sentence)
            + QueueOrder.allCases.map(\.label) + RouteProblem.allCases.map(\.sentence) + Section.allCases.map(\.label)
            + CertificateRefusal.withoutDetails.map(\.sentence) + QuarantineReason.allCases.map(\.sentence)
        let missing = texts.filter { !catalogue.isTranslated($0, to: .spanish) }
        #expect(missing == [])
    }

    @Test func `a translation has the same places for values as its text`() throws {
        for (name, content) in EmbeddedResources.files where name.hasPrefix("strings/") {
            for line in content.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: " = ", maxSplits: 1)
                #expect(parts.count == 2, "\(name): \(line)")
                #expect(Self.places(parts[0]) == Self.places(parts.last ?? ""), "\(name): \(line)")
            }
        }
    }

    private static func places(_ text: Substring) -> Set<Substring> {
        let pieces = text.split(separator: "{", omittingEmptySubsequences: false).dropFirst()
        return Set(pieces.compactMap { $0.split(separator: "}").first?.split(separator: "|").first })
    }

    @Test func `no text stands in the catalogue twice with two translations`() throws {
        var known: [Substring: Substring] = [:]
        for (name, content) in EmbeddedResources.files.sorted(by: { $0.key < $1.key }) where name.hasPrefix("strings/")
        {
            for line in content.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: " = ", maxSplits: 1)
                guard parts.count == 2 else { continue }
                #expect(known[parts[0]] == nil || known[parts[0]] == parts[1], "\(name): \(parts[0])")
                known[parts[0]] = parts[1]
            }
        }
    }
}
