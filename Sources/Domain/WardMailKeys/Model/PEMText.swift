// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Textual encodings (RFC 7468).
enum PEMText {
    static func text(_ der: [UInt8], label: String) -> String {
        let lines = Array(Data(der).base64EncodedString())
        let body = stride(from: 0, to: lines.count, by: 64)
            .map { String(lines[$0..<min($0 + 64, lines.count)]) + "\n" }.joined()
        return "-----BEGIN \(label)-----\n\(body)-----END \(label)-----\n"
    }
}
