// SPDX-License-Identifier: Apache-2.0
//
// RFC 2231: a file name that is not short plain ASCII is percent-encoded UTF-8 (section 4) in numbered pieces (section 3).

enum FileNameParameter {
    private static let pieceLength = 54

    /// What follows `attachment;`, folded.
    static func text(_ name: String) -> String {
        let isSimple =
            name.utf8.count <= pieceLength
            && name.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c && $0 != 0x25 }
        if isSimple { return " filename=\"\(name)\"" }
        let pieces = encodedPieces(name)
        if pieces.count == 1 { return "\r\n filename*=utf-8''\(pieces[0])" }
        return pieces.enumerated().map { index, piece in
            "\r\n filename*\(index)*=" + (index == 0 ? "utf-8''" : "") + piece
        }.joined(separator: ";")
    }

    private static func encodedPieces(_ name: String) -> [String] {
        var pieces = [""]
        for byte in name.utf8 {
            let text: String
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: text = String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text = "%" + (digits.count == 1 ? "0" : "") + digits
            }
            if pieces[pieces.count - 1].utf8.count + text.utf8.count > pieceLength { pieces.append("") }
            pieces[pieces.count - 1] += text
        }
        return pieces
    }
}
