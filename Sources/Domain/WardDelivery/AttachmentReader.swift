// SPDX-License-Identifier: Apache-2.0

import WardContentScan

/// Reads what is in a file of a format that this process does not read itself (invariant I12): answered by a confined
/// program.
package protocol AttachmentReader: Sendable {
    /// The text in it, for the content scan; nil when it cannot be read, in whole or in part.
    func text(of content: [UInt8], mediaType: String, fileName: String) async -> String?
}

/// Nothing is read: every closed format counts as unreadable.
package struct UnreadAttachments: AttachmentReader {
    package init() {}
    package func text(of content: [UInt8], mediaType: String, fileName: String) async -> String? { nil }
}

extension ComposedContent {
    /// The content with what a reader found in its files, so that the scan can look at it.
    package func read(by reader: any AttachmentReader) async -> ComposedContent {
        guard let files else { return self }
        var content = self
        content.files = await files.read(by: reader)
        return content
    }
}

extension [ComposedAttachment] {
    /// The files with what a reader found in those that this process does not read itself.
    package func read(by reader: any AttachmentReader) async -> [ComposedAttachment] {
        var read: [ComposedAttachment] = []
        for var file in self {
            if ContentPart.form(ofMediaType: file.mediaType) == .closed {
                file.readText = await reader.text(
                    of: Array<UInt8>(file.content),
                    mediaType: file.mediaType,
                    fileName: file.fileName
                )
            }
            read.append(file)
        }
        return read
    }
}
