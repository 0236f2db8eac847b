// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore
import WardRender

/// The files below `Resources/`, read once at start.
struct Assets: Sendable {
    /// By path below `assets/`.
    private let files: [String: String]
    /// Changes with any of them; stands in their addresses, so that a browser may keep them for a year.
    let version: String

    init() {
        let prefix = "assets/"
        let found = EmbeddedResources.files.filter { $0.key.hasPrefix(prefix) }
        files = Dictionary(
            found.map { (String($0.key.dropFirst(prefix.count)), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        // Fowler, Noll, Vo: FNV-1a, 64 bits. It tells releases apart; nothing depends on its strength.
        let all = files.sorted { $0.key < $1.key }.flatMap { Array($0.key.utf8) + Array($0.value.utf8) }
        let hash = all.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        version = String(hash, radix: 36)
    }

    func response(_ name: String) -> Response? {
        guard let text = files[name] else { return nil }
        let type =
            switch name.split(separator: ".").last {
            case "css": "text/css; charset=utf-8"
            case "js": "text/javascript; charset=utf-8"
            case "svg": "image/svg+xml"
            default: "application/octet-stream"
            }
        return Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// The templates by name, such as `layout/staff`.
    static var templates: [String: String] {
        let prefix = "templates/"
        let suffix = ".mustache"
        return Dictionary(
            EmbeddedResources.files.filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count).dropLast(suffix.count)), $0.value)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    static func makeRenderer() throws -> Renderer {
        let strings = EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") }
        return try Renderer(templates: templates, catalogue: Catalogue(files: strings))
    }
}
