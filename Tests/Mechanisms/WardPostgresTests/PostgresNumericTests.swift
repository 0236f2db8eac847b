// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage

@testable import WardPostgres

@Suite struct PostgresNumericTests {
    private func value(_ words: [UInt16]) throws -> SQLValue {
        let bytes = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        return try bytes.withUnsafeBytes { try PostgresNumeric($0).value }
    }

    @Test func `whole numbers are integers as long as they fit`() throws {
        #expect(try value([0, 0, 0, 0]) == .integer(0))
        #expect(try value([1, 0, 0x4000, 0, 12]) == .integer(-12))
        #expect(try value([1, 2, 0, 0, 3]) == .integer(300_000_000))
        #expect(try value([5, 4, 0, 0, 922, 3372, 368, 5477, 5807]) == .integer(.max))
        #expect(try value([5, 4, 0x4000, 0, 922, 3372, 368, 5477, 5808]) == .integer(.min))
        #expect(try value([5, 4, 0, 0, 922, 3372, 368, 5477, 5808]) == .real(9_223_372_036_854_775_808))
    }

    @Test func `decimals are reals`() throws {
        #expect(try value([2, 0, 0, 2, 2, 5000]) == .real(2.5))
        #expect(try value([1, 0xffff, 0x4000, 2, 2500]) == .real(-0.25))
    }

    @Test func `what is not a number is refused`() {
        #expect(throws: StoreError.self) { try value([0, 0, 0xc000, 0]) }
        #expect(throws: StoreError.self) { try value([2, 0, 0, 0, 1]) }
        #expect(throws: StoreError.self) { try value([]) }
    }
}
