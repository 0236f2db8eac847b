// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel

/// The composer of messages to one person: the template is the content itself, in JSON.
package struct LiteralComposer: ContentComposer {
    package static let name = "literal.1"
    package var name: String { Self.name }

    package init() {}

    package func compose(
        _ template: Sensitive<[UInt8]>,
        values: Sensitive<[UInt8]>
    ) throws -> Sensitive<ComposedContent> {
        try template.map { try JSONDecoder().decode(ComposedContent.self, from: Data($0)) }
    }

    /// The template that gives this content.
    package static func template(of content: Sensitive<ComposedContent>) throws -> Sensitive<[UInt8]> {
        try content.map { content in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Array(try encoder.encode(content))
        }
    }
}
