// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardPortal
import WardRender

/// A file of a conversation, as both its sides list it.
struct FileModel: Sendable {
    let fileName: String
    let fileSize: String
    let fileHref: String

    static func list(
        _ files: [PortalAttachment],
        _ visit: Visit,
        href: (PortalAttachment) -> LocalPath
    ) -> [FileModel] {
        files.map { file in
            FileModel(fileName: file.fileName, fileSize: size(file.octets, visit.words), fileHref: href(file).text)
        }
    }

    /// The files of an answer's form. What the browser says of their type is kept as a claim.
    static func uploaded(_ visit: Visit) async throws -> Sensitive<[ComposedAttachment]> {
        guard let upload = visit.upload else { return Sensitive([]) }
        let files = try await upload.files(atMost: AnswerLimits.files, octets: AnswerLimits.fileOctets)
        return Sensitive(
            files.map { file in
                ComposedAttachment(given: file.name, mediaType: file.mediaType, content: file.content)
            }
        )
    }

    static func size(_ octets: Int, _ words: Words) -> String {
        switch octets {
        case ..<1_000: words("{count} bytes", ["count": "\(octets)"])
        case ..<1_000_000: words("{count} KB", ["count": "\((octets + 500) / 1_000)"])
        default: words("{count} MB", ["count": "\((octets + 500_000) / 1_000_000)"])
        }
    }
}
