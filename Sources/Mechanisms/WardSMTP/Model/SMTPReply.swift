// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A server's reply (RFC 5321 section 4.2). Its text may repeat an address, so it is kept `Sensitive`.
package struct SMTPReply: Sendable, Hashable {
    /// 200 to 599.
    package let code: Int
    /// The enhanced status code (RFC 3463) such as `5.1.1`; nil where there is none or it contradicts the code.
    package let enhanced: EnhancedStatus?
    /// The text of all lines, at most 2,048 octets, control characters left out.
    package let text: Sensitive<String>

    package init(code: Int, enhanced: EnhancedStatus? = nil, text: String = "") {
        self.code = code
        self.enhanced = enhanced
        self.text = Sensitive(text)
    }

    package var isPositive: Bool { (200..<300).contains(code) }
    package var isIntermediate: Bool { (300..<400).contains(code) }
    package var isTransient: Bool { (400..<500).contains(code) }
    package var isPermanent: Bool { (500..<600).contains(code) }
}

/// class.subject.detail of RFC 3463.
package struct EnhancedStatus: Sendable, Hashable, CustomStringConvertible {
    package let category: Int
    package let subject: Int
    package let detail: Int

    package init(_ category: Int, _ subject: Int, _ detail: Int) {
        self.category = category
        self.subject = subject
        self.detail = detail
    }

    package var description: String { "\(category).\(subject).\(detail)" }
}
