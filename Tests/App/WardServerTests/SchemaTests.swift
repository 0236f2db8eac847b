// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardServer
import WardStorage

@Suite struct SchemaTests {
    @Test func `every module that keeps tables has its migrations run`() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources")
        var modules: Set<String> = []
        for layer in ["Mechanisms", "Domain"] {
            let folder = sources.appending(path: layer)
            for module in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where FileManager.default.fileExists(atPath: folder.appending(path: "\(module)/Migrations").path) {
                modules.insert(module)
            }
        }
        #expect(modules.count > 9)
        #expect(Set(Installation.migrations.map(\.module)) == modules)
    }
}
