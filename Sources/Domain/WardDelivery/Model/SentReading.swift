// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardMIME

/// A sent message as somebody reads it: what a mail program would show, and the headers that it would not.
package struct SentReading: Sendable, Hashable {
    package struct Header: Sendable, Hashable {
        package let name: String
        /// Unfolded, encoded words decoded.
        package let value: String
    }

    package struct File: Sendable, Hashable {
        package let name: String?
        package let mediaType: String
        package let octets: Int
    }

    package let headers: [Header]
    /// The plain text, else what the HTML says; nil: neither is there, as in an encrypted message.
    package let text: String?
    package let files: [File]
    /// The bytes as text; beyond `longestSource` octets it ends there.
    package let source: String
    package let isSourceCut: Bool

    /// 256 KiB of source: what a page can show. The command shows all of it.
    package static let longestSource = 256 << 10
}

extension SentMessage {
    /// The message as it is read; nil when it is not shown.
    package func reading() throws -> Sensitive<SentReading>? {
        guard case .shown(let bytes, _) = self else { return nil }
        return try bytes.map { bytes in
            let mail = try ParsedMail.parse(bytes)
            return SentReading(
                headers: mail.headers.map { header in
                    .init(name: header.name, value: EncodedWordReader.decode(header.value))
                },
                text: mail.text ?? mail.html.map { HTMLText.plain($0) },
                files: mail.attachments.map {
                    .init(name: $0.fileName, mediaType: $0.mediaType, octets: $0.content.count)
                },
                source: String(decoding: bytes.prefix(SentReading.longestSource), as: UTF8.self)
                    .replacing("\r\n", with: "\n"),
                isSourceCut: bytes.count > SentReading.longestSource
            )
        }
    }
}
