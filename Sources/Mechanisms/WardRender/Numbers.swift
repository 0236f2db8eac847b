// SPDX-License-Identifier: Apache-2.0

/// Numbers as both languages of the pages (English and Spanish of the United States) write them.
package enum Numbers {
    /// With thousands separators, such as `1,204`.
    package static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var result = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return value < 0 ? "−" + result : result
    }

    /// A share in whole percent; `<1 %` and `>99 %` where rounding would claim nothing or everything.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let share = Double(part) * 100 / Double(whole)
        if part > 0, share < 1 { return "<1 %" }
        if part < whole, share > 99 { return ">99 %" }
        return "\(Int(share.rounded())) %"
    }

    /// A size in bytes, in binary units: `812 bytes`, `14 KB`, `2.1 MB`.
    package static func bytes(_ count: Int) -> String {
        if count < 1_024 { return "\(count) bytes" }
        let units = ["KB", "MB", "GB", "TB"]
        var value = Double(count) / 1_024
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        let text = value < 10 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(value.rounded()))"
        return "\(text) \(units[unit])"
    }
}
