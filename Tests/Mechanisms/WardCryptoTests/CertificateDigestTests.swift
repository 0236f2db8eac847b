// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Testing

@testable import WardCrypto

/// Hashes of certificates that OpenSSL's own tool made.
@Suite struct CertificateDigestTests {
    private func run(_ arguments: [String], in folder: URL) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "openssl \(arguments)")
        return said
    }

    private struct Case: Sendable {
        let key: [String]
        let signing: [String]
        let hash: (@Sendable (Data) -> [UInt8])?
    }

    private static let cases = [
        Case(key: ["rsa:2048"], signing: ["-sha256"]) { Array(SHA256.hash(data: $0)) },
        Case(key: ["rsa:2048"], signing: ["-sha1"]) { Array(SHA256.hash(data: $0)) },
        Case(key: ["rsa:2048"], signing: ["-sha512"]) { Array(SHA512.hash(data: $0)) },
        Case(key: ["rsa:2048"], signing: ["-sha384", "-sigopt", "rsa_padding_mode:pss"]) {
            Array(SHA384.hash(data: $0))
        },
        Case(key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], signing: ["-sha384"]) { Array(SHA384.hash(data: $0)) },
        Case(key: ["ed25519"], signing: [], hash: nil),
    ]

    @Test
    func `the channel binding takes the hash of the signature, SHA-256 for weak ones, and none where there is none`()
        throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ward-digests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What cannot be removed from the temporary folder does not fail a test.
        defer { try? FileManager.default.removeItem(at: folder) }
        for found in Self.cases {
            _ = try run(
                ["req", "-x509", "-nodes", "-newkey"] + found.key + ["-keyout", "key", "-out", "pem", "-subj", "/CN=x"]
                    + found.signing,
                in: folder
            )
            let der = try run(["x509", "-in", "pem", "-outform", "DER"], in: folder)
            let certificate = try MailCertificate(Array(try Data(contentsOf: folder.appending(path: "pem"))))
            #expect(certificate.serverEndPoint == found.hash?(der), "\(found.key) \(found.signing)")
            _ = try run(["pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "public"], in: folder)
            let key = try Data(contentsOf: folder.appending(path: "public"))
            #expect(try certificate.publicKeyDigest() == Array(SHA256.hash(data: key)), "\(found.key)")
        }
    }
}
