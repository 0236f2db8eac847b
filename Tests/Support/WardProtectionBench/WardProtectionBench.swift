// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Glibc
import WardCrypto
import WardKernel
import WardMailCrypto

/// What protects a message, done again and again on one thread for a time: `scripts/bench-protection` starts it beside others.
@main
struct WardProtectionBench: ParsableCommand {
    enum Work: String, ExpressibleByArgument {
        case rsa, ed25519, smime, openpgp
    }

    @Argument var work: Work
    @Option var seconds: Double = 2
    /// A whole message, with CRLF.
    @Option var message: String
    /// The recipient's certificate (DER) or OpenPGP key (binary).
    @Option var key: String = ""

    func run() throws {
        let octets = try Self.read(message)
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        switch work {
        case .rsa: try sign(octets, .rsa, at: now)
        case .ed25519: try sign(octets, .ed25519, at: now)
        case .smime:
            // As delivery does it: the certificates of people who were written to lately are at hand.
            let (certificate, known) = (try Self.read(key), KnownCertificates())
            try measure { _ = try SMIME.encrypted(octets, to: try known.certificate(certificate)) }
        case .openpgp:
            let (recipient, contexts, time) = (try Self.read(key), OpenPGPContexts(), now.microseconds / 1_000_000)
            try measure {
                _ = try OpenPGP.encrypted(octets, to: recipient, at: time, boundary: "=_box", contexts: contexts)
            }
        }
    }

    private func sign(_ octets: [UInt8], _ algorithm: DKIMAlgorithm, at time: Timestamp) throws {
        let secret = try DKIMSigningKey.make(algorithm) { count in (0..<count).map { _ in .random(in: 0...255) } }
        let signer = try DKIMSigner(domain: "sender.test", selector: "s1", key: secret)
        try measure { _ = try DKIM.signed(octets, by: [signer], domain: "sender.test", at: time) }
    }

    /// By processor time, so that neighbours count little.
    private func measure(_ body: () throws -> Void) throws {
        try body()
        let began = Self.processorSeconds()
        var (count, spent) = (0, 0.0)
        while spent < seconds {
            for _ in 0..<20 { try body() }
            count += 20
            spent = Self.processorSeconds() - began
        }
        print(#"{"count": \#(count), "cpu_seconds": \#(spent)}"#)
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
