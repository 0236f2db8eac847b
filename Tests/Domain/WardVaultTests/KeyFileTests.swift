// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardVault

@Suite struct KeyFileTests {
    private func with(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/ward-keys-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/keys")
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o660])
    func `a root key that others can read is refused and the remedy is named`(mode: Int) throws {
        try with { path in
            _ = try KeyDirectory.create(at: path, surroundings: .machine)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/root.key")
            let error = try #require(throws: KeyFileError.self) { try KeyDirectory(opening: path) }
            #expect(error == .readableByOthers(path: path + "/root.key", mode: "0" + String(mode, radix: 8)))
            #expect(error.description.contains("chmod 600 \(path)/root.key"))
        }
    }

    @Test func `an epoch key that others can read is refused`() throws {
        try with { path in
            _ = try KeyDirectory.create(at: path, surroundings: .machine)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path + "/epoch-1.key")
            #expect(throws: KeyFileError.self) { try KeyDirectory(opening: path) }
        }
    }

    @Test(arguments: ["", "short\n", "ward-root-key-1 xyz\n", String(repeating: "a", count: 81) + "\n"])
    func `a file of the wrong size or form is no key file`(content: String) throws {
        try with { path in
            _ = try KeyDirectory.create(at: path, surroundings: .machine)
            try Data(content.utf8).write(to: URL(fileURLWithPath: path + "/root.key"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path + "/root.key")
            let error = try #require(throws: KeyFileError.self) { try KeyDirectory(opening: path) }
            guard case .notAKeyFile = error else {
                Issue.record("another error: \(error)")
                return
            }
        }
    }

    @Test func `a missing key file is named`() throws {
        try with { path in
            #expect(throws: KeyFileError.missing(path: path + "/root.key")) { try KeyDirectory(opening: path) }
            _ = try KeyDirectory.create(at: path, surroundings: .machine)
            try FileManager.default.removeItem(atPath: path + "/epoch-1.key")
            #expect(throws: KeyFileError.missing(path: path + "/epoch-1.key")) { try KeyDirectory(opening: path) }
        }
    }

    @Test func `keys are never overwritten`() throws {
        try with { path in
            let first = try KeyDirectory.create(at: path, surroundings: .machine)
            #expect(throws: KeyFileError.alreadyExists(path: path + "/root.key")) {
                try KeyDirectory.create(at: path, surroundings: .machine)
            }
            #expect(try KeyDirectory(opening: path).rootKeyName == first.rootKeyName)
        }
    }

    @Test func `a new key file has mode 0600`() throws {
        try with { path in
            _ = try KeyDirectory.create(at: path, surroundings: .machine)
            for name in ["root.key", "epoch-1.key"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }
}
