// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardMIME

/// A file of a message, as pages list it.
package struct PortalAttachment: Hashable, Sendable, Codable {
    /// From 1, within its message.
    package let position: Int
    package let fileName: String
    package let mediaType: String
    package let octets: Int

    init(_ file: ComposedAttachment, position: Int) {
        self.position = position
        fileName = file.fileName
        mediaType = file.mediaType
        octets = file.content.count
    }

    init(_ part: MailPart, position: Int) {
        self.position = position
        fileName = MailAttachment.carriedName(part.fileName ?? "file-\(position)")
        mediaType = part.mediaType
        octets = part.content.count
    }
}

extension ParsedMail {
    /// What came with a mail beside its text.
    var files: [MailPart] {
        body.leaves.filter { $0.isAttachment || $0.mediaType != "text/plain" && $0.mediaType != "text/html" }
    }
}
