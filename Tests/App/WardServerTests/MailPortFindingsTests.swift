// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import WardKernel
import WardTestKit

@testable import WardServer

@Suite struct MailPortFindingsTests {
    private static let host = "ward.lakeside.example"

    /// The configuration with these settings below `mail`.
    private func ports(_ lines: [String]) throws -> MailPorts {
        let file = "mail:\n" + lines.map { "  \($0)\n" }.joined()
        let values = try SettingValues(file: file, environment: [:])
        return try ServerConfiguration(values: values, dataDirectory: "/srv/ward").mail
    }

    private func certificateFinding(_ pem: String, _ key: String, at now: Timestamp) throws -> Diagnosis.Finding {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (chain, keyFile) = (folder.appending(path: "chain.pem"), folder.appending(path: "key.pem"))
        try pem.write(to: chain, atomically: true, encoding: .utf8)
        try key.write(to: keyFile, atomically: true, encoding: .utf8)
        return MailPortFindings.certificate(
            try ports(["certificate: \(chain.path)", "privateKey: \(keyFile.path)", "incoming: 127.0.0.1:0"]),
            hostName: Self.host,
            now: now
        )
    }

    @Test func `the certificate of the mail ports is judged by its file, its key, its time and its name`() throws {
        let now = Timestamp(seconds: 1_780_000_000)
        let date = Date(timeIntervalSince1970: 1_780_000_000)
        let authority = try TestCertificateAuthority(now: date)
        func signed(_ names: [String], days: Double) throws -> TestCertificateAuthority.Signed {
            var wish = TestCertificateAuthority.Wish(names: names, now: date)
            wish.notAfter = date.addingTimeInterval(days * 86_400)
            return try authority.sign(wish)
        }
        let good = try signed(["*.lakeside.example"], days: 90)
        let cases: [(String, String, Diagnosis.Verdict, String)] = [
            ("nonsense", good.keyPEM, .bad, "cannot be read as a certificate"),
            (good.pem, "nonsense", .bad, "cannot be read as a private key"),
            (good.pem, try signed([Self.host], days: 90).keyPEM, .bad, "is not the key of"),
        ]
        for (pem, key, verdict, words) in cases {
            let finding = try certificateFinding(pem, key, at: now)
            #expect(finding.verdict == verdict && finding.sentence.contains(words), "\(finding.sentence)")
        }
        for (names, days, verdict, words) in [
            (["*.lakeside.example"], 90.0, Diagnosis.Verdict.good, "until 2026-"),
            ([Self.host], 20, .warning, "renew it"), ([Self.host], -0.01, .bad, "ended on"),
            (["mx.pond.example"], 90, .bad, "does not name ward.lakeside.example"),
        ] {
            let made = try signed(names, days: days)
            let finding = try certificateFinding(made.pem, made.keyPEM, at: now)
            #expect(finding.verdict == verdict && finding.sentence.contains(words), "\(finding.sentence)")
        }
        let none = MailPortFindings.certificate(try ports(["incoming: 127.0.0.1:2525"]), hostName: Self.host, now: now)
        #expect(none.verdict == .bad && none.sentence.contains("in the clear"))
    }

    @Test func `a port on which nothing answers is told from one that is served, and no ports from both`() throws {
        let now = Timestamp(seconds: 1_780_000_000)
        let none = MailPortFindings.of(try ports(["hostName: \(Self.host)"]), hostName: Self.host, now: now)
        #expect(none.map(\.verdict) == [.good])
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try #require(bind(listening, pointer, length) == 0)
                try #require(getsockname(listening, pointer, &length) == 0)
                return UInt16(bigEndian: UnsafeRawPointer(pointer).load(as: sockaddr_in.self).sin_port)
            }
        }
        // Bound and not listening: the port is nobody's.
        let line = "incoming: 127.0.0.1:\(port)"
        let closed = MailPortFindings.of(try ports([line]), hostName: Self.host, now: now)
        #expect(closed.first?.verdict == .warning && closed.first?.check == "mail.incoming")
        try #require(listen(listening, 1) == 0)
        let open = MailPortFindings.of(try ports([line]), hostName: Self.host, now: now)
        #expect(open.first?.verdict == .good)
    }
}
