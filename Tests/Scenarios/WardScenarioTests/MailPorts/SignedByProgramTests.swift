// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardTestKit

/// A mail program signs what it hands in; the signature holds at the other end.
extension MailPortsTests {
    private func tool(
        _ ports: Ports,
        _ name: String,
        _ path: String,
        _ arguments: [String]
    ) async throws -> (status: Int32, said: String) {
        let child = try ChildProcess(
            path,
            arguments,
            environment: ["GNUPGHOME": ports.folder + "/gnupg"],
            outputIn: ports.folder,
            named: name
        )
        guard case .exited(let status) = try await child.end(within: .seconds(60)) else { return (-1, child.errors) }
        return (status, child.output + child.errors)
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    private static let entity = """
        Content-Type: multipart/mixed; boundary="in"

        --in
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Gr=C3=BC=C3=9Fe, please call us.
        --in
        Content-Type: text/csv; name=hours.csv
        Content-Disposition: attachment; filename=hours.csv
        Content-Transfer-Encoding: base64

        ZGF5LGhvdXIK
        --in--

        """.replacing("\n", with: "\r\n")

    private static let header = """
        From: results@lakeside.example
        To: ann@tls.example
        Subject: Your visit

        """

    /// Signed by OpenSSL in S/MIME, as a message.
    private func smime(_ place: ScenarioPlace, _ ports: Ports) async throws -> String {
        let (key, certificate) = (ports.folder + "/results.key", ports.folder + "/results.pem")
        let made = try await tool(
            ports,
            "certificate",
            "/usr/bin/openssl",
            ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", key, "-out", certificate, "-days", "90"]
                + ["-subj", "/CN=Results", "-addext", "subjectAltName=email:results@lakeside.example"]
        )
        #expect(made.status == 0, "\(made.said)")
        let signed = try await tool(
            ports,
            "sign",
            "/usr/bin/openssl",
            ["cms", "-sign", "-in", try place.write(Self.entity, to: "entity"), "-signer", certificate]
                + ["-inkey", key, "-crlfeol", "-out", ports.folder + "/signed"]
        )
        #expect(signed.status == 0, "\(signed.said)")
        return try place.write(Self.header + (try Self.text(ports.folder + "/signed")), to: "smime.eml")
    }

    /// Signed by GnuPG as RFC 3156 says.
    private func openPGP(_ place: ScenarioPlace, _ ports: Ports) async throws -> String {
        try FileManager.default.createDirectory(
            atPath: ports.folder + "/gnupg",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let gpg = ["--batch", "--yes", "--passphrase", ""]
        let made = try await tool(
            ports,
            "make-key",
            "/usr/bin/gpg",
            gpg + ["--quick-generate-key", "results@lakeside.example"]
        )
        #expect(made.status == 0, "\(made.said)")
        let entity = try place.write(Self.entity, to: "entity")
        let signed = try await tool(
            ports,
            "sign-pgp",
            "/usr/bin/gpg",
            gpg + ["--armor", "--detach-sign", "--output", ports.folder + "/signature.asc", entity]
        )
        #expect(signed.status == 0, "\(signed.said)")
        let message = """
            \(Self.header)MIME-Version: 1.0
            Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha512; boundary="out"

            --out
            \(Self.entity)
            --out
            Content-Type: application/pgp-signature; name=signature.asc

            \(try Self.text(ports.folder + "/signature.asc"))
            --out--

            """
        return try place.write(message.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n"), to: "pgp.eml")
    }

    @Test(.timeLimit(.minutes(5)), arguments: TestStore.kinds)
    func `what a program signed in S/MIME or OpenPGP arrives with a signature that holds`(kind: StoreKind) async throws
    {
        try await with(kind) { place, postfix, ports in
            for (name, path) in [
                ("smime", try await smime(place, ports)), ("pgp", try await openPGP(place, ports)),
            ] {
                let kept = try await swaks(
                    ports,
                    name,
                    ports.handIn + ["--from", "results@lakeside.example", "--to", "ann@tls.example"]
                        + ["--data", "@\(path)"]
                )
                #expect(kept.status == 0 && kept.said.contains("1 queued"), "\(kept.said)")
            }
            let received = try await postfix.waitForMessages(2)
            let crlf = received.map { $0.content.replacing("\n", with: "\r\n") }
            let smime = try #require(crlf.first { $0.contains("pkcs7-signature") })
            let verified = try await tool(
                ports,
                "verify",
                "/usr/bin/openssl",
                ["cms", "-verify", "-in", try place.write(smime, to: "received.eml")]
                    + ["-CAfile", ports.folder + "/results.pem", "-out", ports.folder + "/verified"]
            )
            #expect(verified.status == 0, "\(verified.said)\n\(smime)")
            #expect(try Self.text(ports.folder + "/verified") == Self.entity)
            let pgp = try #require(crlf.first { $0.contains("pgp-signature") })
            let parts = pgp.components(separatedBy: "--out\r\n")
            try #require(parts.count == 3, "\(pgp)")
            let good = try await tool(
                ports,
                "verify-pgp",
                "/usr/bin/gpg",
                ["--batch", "--verify", ports.folder + "/signature.asc"]
                    + [try place.write(String(parts[1].dropLast()), to: "received-entity")]
            )
            #expect(good.status == 0, "\(good.said)\n\(pgp)")
            #expect(pgp.contains("DKIM-Signature") == smime.contains("DKIM-Signature"))
            #expect(crlf.allSatisfy { !$0.contains("Bcc") && $0.contains("Your visit") })
        }
    }
}
