// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

/// The accepted form of an address, against a slow reading of the same rules.
@Suite struct EmailAddressFormTests {
    private static func isAccepted(_ text: String) -> Bool {
        guard text.utf8.count <= 254 else { return false }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count) else { return false }
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        let atomText = letters.union("!#$%&'*+-/=?^_`{|}~".utf8)
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return atoms.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(atomText.contains) } && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { letters.contains($0) || $0 == UInt8(ascii: "-") }
            }
    }

    @Test func `what is accepted is what the rules accept, whatever is put together`() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "a", "Z", "9", ".", ".", "-", "@", "@", "_", "+", "{", "\"", "(", " ", ",", ":", ";", "<", "[", "\\", "é",
            "\u{301}",
            "\u{0}", "\n", "example", String(repeating: "x", count: 62), String(repeating: "a.", count: 60),
        ]
        var accepted = 0
        for number in 0..<20_000 {
            func some(_ count: Int, of parts: [String]) -> String {
                (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            }
            let plain = ["a", "Z9", "-", ".", "x.example", "mail"]
            let text =
                number % 2 == 0
                ? some(2 + number % 9, of: parts)
                : some(1 + number % 3, of: parts + plain) + "@" + some(1 + number % 4, of: plain) + ".example"
            let address = EmailAddress(text)
            #expect((address != nil) == Self.isAccepted(text), "\(Array(text.utf8))")
            if let address {
                accepted += 1
                #expect(address.mailbox.lowercased() == text.lowercased())
            }
        }
        #expect(accepted > 100)
    }

    @Test(arguments: 0...127)
    func `each character is accepted in a local part as the rules say`(value: Int) {
        let text = "a\(Character(Unicode.Scalar(UInt8(value))))b@x.example"
        #expect((EmailAddress(text) != nil) == Self.isAccepted(text))
    }
}
