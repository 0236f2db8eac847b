// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardCrypto
import WardKernel
import WardTestKit

@testable import WardSubmission

/// SCRAM-SHA-256-PLUS as the service sees it; a client that is not ours signs in over real TLS in `MailPortsTests`.
@Suite struct ChannelBindingTests {
    static let ours: [UInt8] = Array(0..<32)

    /// Goes through an exchange as a client that says `header` and binds `bound`; how it ended, in a word.
    private func signIn(
        _ world: CertificateWorld,
        _ credentials: SubmissionCredentials,
        _ mechanism: String,
        header: String,
        bound: [UInt8] = [],
        offered: [UInt8]? = ours
    ) async throws -> String {
        let client = try world.client(binding: offered)
        let bare = "n=\(credentials.login),r=rOprNGfwEbeRWgbNEkqO"
        let first = Sensitive(Array("\(header),,\(bare)".utf8))
        let begun = try await world.submission.authenticate(mechanism, first, exchange: nil, from: client)
        guard case .challenge(let octets, let exchange) = begun else { return CertificateWorld.word(begun) }
        let challenge = String(decoding: octets, as: UTF8.self)
        let parts = challenge.split(separator: ",")
        let salt = Array(try #require(Data(base64Encoded: String(parts[1].dropFirst(2)))))
        let password = credentials.password.expose(for: .evaluating) { $0 }
        let salted = try StretchedPassword.pbkdf2(Array(password.utf8), salt: salt, iterations: SCRAMKeys.iterations)
        let channel = (Data("\(header),,".utf8) + Data(bound)).base64EncodedString()
        let withoutProof = "c=\(channel),\(parts[0])"
        let key = SCRAM.code(salted, Array("Client Key".utf8))
        let message = Array("\(bare),\(challenge),\(withoutProof)".utf8)
        let proof = SCRAM.exclusiveOr(key, SCRAM.code(SCRAM.hash(key), message))
        let last = "\(withoutProof),p=\(Data(proof).base64EncodedString())"
        let ended = try await world.submission.authenticate(
            mechanism,
            Sensitive(Array(last.utf8)),
            exchange: exchange,
            from: client
        )
        guard case .challenge(_, let proved) = ended else { return CertificateWorld.word(ended) }
        return CertificateWorld.word(
            try await world.submission.authenticate(mechanism, Sensitive([]), exchange: proved, from: client)
        )
    }

    @Test(arguments: TestStore.kinds)
    func `a sign-in that is bound to another certificate, or was talked out of binding, is refused`(
        kind: StoreKind
    ) async throws {
        try await CertificateWorld.with(kind) { world in
            let account = try await world.make("ehr")
            let (plus, bare, point) = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "p=tls-server-end-point")
            let theirs = [UInt8](repeating: 7, count: 32)
            #expect(try await signIn(world, account, plus, header: point, bound: theirs) == "rejected")
            #expect(try await signIn(world, account, plus, header: point) == "rejected")
            #expect(try await signIn(world, account, bare, header: "y") == "rejected", "the downgrade of RFC 5802")
            #expect(try await signIn(world, account, plus, header: "n") == "rejected")
            #expect(try await signIn(world, account, plus, header: "y") == "rejected")
            #expect(try await signIn(world, account, bare, header: point, bound: Self.ours) == "rejected")
            for name in ["tls-exporter", "tls-unique", "tls-server-end-poin"] {
                #expect(try await signIn(world, account, plus, header: "p=\(name)", bound: Self.ours) == "rejected")
            }
            #expect(try await signIn(world, account, plus, header: point, bound: theirs, offered: nil) == "rejected")
            #expect(try await signIn(world, account, plus, header: "p=", bound: theirs) == "malformed")
            #expect(try await world.entries(.submissionSignIn).allSatisfy { $0.outcome == .failed })
            #expect(try await signIn(world, account, plus, header: point, bound: Self.ours) == "ehr")
            #expect(try await signIn(world, account, bare, header: "n") == "ehr")
            #expect(try await signIn(world, account, bare, header: "y", offered: nil) == "ehr")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a bound sign-in still asks for the certificate of the account`(kind: StoreKind) async throws {
        try await CertificateWorld.with(kind) { world in
            let account = try await world.make("ehr")
            try await world.pin(try world.issue(), to: "ehr", .both)
            let point = "p=tls-server-end-point"
            #expect(
                try await signIn(world, account, "SCRAM-SHA-256-PLUS", header: point, bound: Self.ours) == "rejected"
            )
        }
    }
}
