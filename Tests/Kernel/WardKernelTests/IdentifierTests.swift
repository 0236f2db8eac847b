// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@Suite struct IdentifierTests {
    private func surroundings(at microseconds: Int64) -> Surroundings {
        Surroundings(
            now: { Timestamp(microseconds: microseconds) },
            randomBytes: { Array(repeating: 0xff, count: $0) },
            wait: { _ in }
        )
    }

    @Test func `an identifier is a UUID of version 7 whose first 48 bits are the milliseconds`() {
        let identifier = surroundings(at: 1_645_557_742_000_000).makeIdentifier(MessageTag.self)
        #expect(identifier.description == "017f22e2-79b0-7fff-bfff-ffffffffffff")
    }

    @Test func `text and bytes come back as the same identifier`() throws {
        let identifier = Surroundings.machine.makeIdentifier(MessageTag.self)
        #expect(MessageID(identifier.description) == identifier)
        #expect(MessageID(identifier.description.uppercased()) == identifier)
        #expect(MessageID(bytes: identifier.bytes) == identifier)
    }

    @Test(
        arguments: [
            "", "017f22e2", "017f22e279b07fffbfffffffffffffff", "017f22e2-79b0-7fff-bfff-fffffffffff",
            "017f22e2-79b0-7fff-bfff-fffffffffffff", "017f22e2-79b0-7fff-bfff-ffffffffffgg",
            "017f22e2x79b0-7fff-bfff-ffffffffffff", "０17f22e2-79b0-7fff-bfff-ffffffffffff",
        ]
    )
    func `text that is not an identifier is refused`(text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test func `identifiers made later sort later`() {
        let earlier = surroundings(at: 1_000_000).makeIdentifier(MessageTag.self)
        let later = surroundings(at: 1_001_000).makeIdentifier(MessageTag.self)
        #expect(earlier < later)
    }
}
