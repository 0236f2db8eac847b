// SPDX-License-Identifier: Apache-2.0

/// HTML that needs no escaping, because this module made it: a rendered template, a chart, an icon.
///
/// There is no way from a `String` to it outside this module. A template may print it only under a name that ends in
/// `Markup` (as `{{{chartMarkup.html}}}`); `TemplateError` refuses three braces around any other name.
package struct Markup: Sendable, Hashable {
    package let html: String

    init(html: String) { self.html = html }

    package static let empty = Markup(html: "")

    package static func + (left: Markup, right: Markup) -> Markup { Markup(html: left.html + right.html) }

    /// The text with `& < > " '` written as character references.
    package static func escaping(_ text: some StringProtocol) -> Markup {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): result += Array("&amp;".utf8)
            case UInt8(ascii: "<"): result += Array("&lt;".utf8)
            case UInt8(ascii: ">"): result += Array("&gt;".utf8)
            case UInt8(ascii: "\""): result += Array("&quot;".utf8)
            case UInt8(ascii: "'"): result += Array("&#39;".utf8)
            default: result.append(byte)
            }
        }
        return Markup(html: String(decoding: result, as: UTF8.self))
    }

    /// Plain text as paragraphs: an empty line ends one, a line's end is kept.
    package static func paragraphs(_ text: String) -> Markup {
        let blocks = text.replacing("\r\n", with: "\n").split(separator: "\n\n")
        let parts = blocks.map { "<p>" + escaping($0).html.replacing("\n", with: "<br>") + "</p>" }
        return Markup(html: parts.joined(separator: "\n"))
    }
}
