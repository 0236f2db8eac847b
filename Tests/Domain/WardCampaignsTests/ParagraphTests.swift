// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardCampaigns

@Suite struct ParagraphTests {
    /// How paragraphs were made when the first messages were digested: slowly, and the measure of every later way.
    private static func first(_ html: String) -> String {
        html.split(separator: "\n\n", omittingEmptySubsequences: true).map { block in
            let lines = block.split(separator: "\n", omittingEmptySubsequences: true)
            return "<p>" + lines.joined(separator: "<br>\n") + "</p>"
        }.joined(separator: "\n")
    }

    @Test func `paragraphs are byte for byte those under the digests of messages that wait`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = ["a", "é", "\u{301}", "\n", "\n", "\n", "\r\n", "\r", " ", "<br>"]
        for length in 0..<2_000 {
            let text = (0..<(length % 14)).map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
            #expect(MergedText.paragraphs(of: text).utf8.elementsEqual(Self.first(text).utf8), "\(Array(text.utf8))")
        }
    }

    @Test(arguments: ["", "\n", "\n\n", "\n\n\n", "a\n", "a\n\n", "a\n\n\n", "a\n\n\nb", "\na", "a\r\nb", "\r\n\n"])
    func `runs of line feeds make what they always made`(text: String) {
        #expect(MergedText.paragraphs(of: text) == Self.first(text))
    }
}
