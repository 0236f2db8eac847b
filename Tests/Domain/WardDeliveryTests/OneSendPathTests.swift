// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// There is no second way to send (invariant I2): read off the sources.
@Suite struct OneSendPathTests {
    private var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
    }

    private func sources(below folder: String) throws -> [(path: String, text: String)] {
        let base = root.appending(path: folder)
        let names = try #require(FileManager.default.enumerator(atPath: base.path))
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
            ($0, try String(contentsOf: base.appending(path: $0), encoding: .utf8))
        }
    }

    @Test func `of the domain and the edges only delivery imports the mail client`() throws {
        for layer in ["Sources/Domain", "Sources/Edges"] {
            for (path, text) in try sources(below: layer) where !path.hasPrefix("WardDelivery/") {
                #expect(!text.contains("import WardSMTP"), "\(layer)/\(path)")
                #expect(!text.contains("SMTPClient"), "\(layer)/\(path)")
            }
        }
    }

    @Test func `in the manifest only delivery and the composition root list the mail client`() throws {
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        // What stands behind the table is for tests.
        let table = manifest.components(separatedBy: "\n// Test support").first ?? ""
        let modules = table.components(separatedBy: "Module(").dropFirst().filter { module in
            module.contains("\"WardSMTP\"") && !module.hasPrefix("name: \"WardSMTP\"")
                && !module.hasPrefix("\n        name: \"WardSMTP\"")
        }
        let names = modules.compactMap { module in
            module.components(separatedBy: "name: \"").dropFirst().first?.components(separatedBy: "\"").first
        }
        #expect(Set(names).subtracting(["WardDelivery", "WardServer"]).isEmpty)
    }

    @Test func `a clearance is made in one file and its initializer is private to it`() throws {
        var makers: [String] = []
        for (path, text) in try sources(below: "Sources") where text.contains("Clearance(") {
            makers.append(path)
            #expect(text.contains("fileprivate init("), "\(path)")
        }
        #expect(makers == ["Domain/WardDelivery/Gate/SendGate.swift"])
    }

    @Test func `the mail client is used in one file of the composition`() throws {
        let users = try sources(below: "Sources").filter { path, text in
            text.contains("client.deliver(") && !path.contains("WardSMTP/")
        }
        #expect(users.map(\.path) == ["Domain/WardDelivery/SMTPTransmitter.swift"])
    }
}
