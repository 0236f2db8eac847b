// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel

@testable import WardMailCrypto

/// Keys and messages of these tests.
enum SignedMail {
    static let domain = "lakeside.example"
    static let now = Timestamp(seconds: 1_795_000_000)
    /// Made once for all tests of the process: an RSA key takes a tenth of a second.
    static let rsa = Result { try DKIMSigningKey.make(.rsa, randomBytes: Surroundings.machine.randomBytes) }
    static let ed25519 = Result { try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes) }

    static func signers() throws -> [DKIMSigner] {
        [
            try DKIMSigner(domain: domain, selector: "one-rsa", key: rsa.get()),
            try DKIMSigner(domain: domain, selector: "one-ed25519", key: ed25519.get()),
        ]
    }

    /// The TXT record at each name.
    static func records() throws -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: try signers().map { signer in
                (
                    DKIMKeyRecord.name(selector: signer.selector, domain: signer.domain),
                    DKIMKeyRecord(signer.key.algorithm, publicKey: signer.key.publicKey).text
                )
            }
        )
    }

    static func octets(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }

    static let plain = octets(
        """
        Date: Wed, 25 Nov 2026 12:00:00 +0000
        From: Lakeside Health <messages@lakeside.example>
        To: <person@tls.example>
        Message-ID: <1@lakeside.example>
        Subject: News from your clinic
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        The clinic is open  again.

        Lakeside Health


        """
    )

    static func sign(_ message: [UInt8], at time: Timestamp = now) throws -> [UInt8] {
        let signatures = try DKIM.signatures(of: message, by: signers(), at: time)
        return try DKIM.fields(signatures, domain: domain, of: message) + message
    }

    static func verdicts(
        _ message: [UInt8],
        records: [String: String]? = nil,
        now: Timestamp = now
    ) throws -> [DKIMVerdict] {
        let records = try records ?? Self.records()
        let read = try DKIMMessage(message)
        return read.signatures.map { signature in
            switch signature {
            case .success(let field):
                read.verdict(on: field, records: records[field.recordName].map { [$0] } ?? [], now: now)
            case .failure(let failure): .failed(failure)
            }
        }
    }
}
