// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON on one line, keys sorted, for machines.
package enum JSONText {
    package static func object(_ fields: [String: String]) -> String { text(fields) }

    package static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(value) else {
            // Only a value with a number that JSON lacks (NaN, infinity) does not encode, and answers hold none.
            return "{}"
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
