// SPDX-License-Identifier: Apache-2.0

extension Character {
    /// How many columns of a terminal it takes: none for a mark that joins the one before, two for the wide ones of East
    /// Asia (UAX #11, W and F) and pictures, else one.
    var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        let properties = first.properties
        if unicodeScalars.count == 1 {
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format, .control: return 0
            default: break
            }
        }
        let isPicture =
            properties.isEmojiPresentation || properties.isEmoji && unicodeScalars.contains { $0.value == 0xfe0f }
        return isPicture || Self.isWide(first.value) ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
        0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60,
        0xffe0...0xffe6, 0x1_f300...0x1_f64f, 0x1_f900...0x1_f9ff, 0x2_0000...0x3_fffd,
    ]

    private static func isWide(_ scalar: UInt32) -> Bool {
        scalar >= 0x1100 && wide.contains { $0.contains(scalar) }
    }
}

extension String {
    /// How many columns of a terminal it takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// Its beginning that takes at most so many columns.
    func prefix(columns: Int) -> String {
        var left = columns
        var result = ""
        for character in self {
            left -= character.columns
            guard left >= 0 else { break }
            result.append(character)
        }
        return result
    }

    /// Whether a part of it is written from right to left (the strong classes R and AL of UAX #9, by block).
    var holdsRightToLeft: Bool {
        unicodeScalars.contains { scalar in
            (0x0590...0x08ff).contains(scalar.value) || (0xfb1d...0xfdff).contains(scalar.value)
                || (0xfe70...0xfeff).contains(scalar.value) || (0x1_0800...0x1_0fff).contains(scalar.value)
                || (0x1_e800...0x1_efff).contains(scalar.value)
        }
    }
}
