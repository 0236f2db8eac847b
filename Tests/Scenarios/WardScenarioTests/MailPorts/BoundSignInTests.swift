// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardTestKit

/// Sign-ins that are bound to the TLS connection, by clients that are not ours: scramp, smtplib, swaks, OpenSSL.
extension MailPortsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Signs in as `Tests/Support/Peers/sign-in.py` says, on both ports; what it printed on each.
    private func signIn(
        _ place: ScenarioPlace,
        _ ports: Ports,
        _ kind: String,
        as login: String? = nil,
        with certificate: ClientKey? = nil
    ) async throws -> [String] {
        var said: [String] = []
        for port in ["\(ports.submission)", "+\(ports.submissionTLS)"] {
            let child = try ChildProcess(
                Self.root.appending(path: ".venv/bin/python3").path,
                [Self.root.appending(path: "Tests/Support/Peers/sign-in.py").path, port]
                    + ["\(ports.folder)/roots.pem", kind, login ?? ports.account["login"] ?? ""]
                    + [ports.account["password"] ?? ""] + (certificate.map { [$0.certificate, $0.key] } ?? []),
                outputIn: ports.folder,
                named: "sign-in-\(kind)-\(UInt32.random(in: 0 ... .max))"
            )
            let ending = try await child.end(within: .seconds(60))
            #expect(ending == .exited(0), "\(kind): \(child.errors)")
            said.append(child.output)
        }
        return said
    }

    private struct ClientKey {
        let certificate: String
        let key: String
    }

    /// A self-signed certificate, as OpenSSL makes it.
    private func makeKey(
        _ ports: Ports,
        _ name: String,
        _ algorithm: [String],
        days: Int = 90
    ) async throws -> ClientKey {
        let made = ClientKey(certificate: "\(ports.folder)/\(name).pem", key: "\(ports.folder)/\(name).key")
        let child = try ChildProcess(
            "/usr/bin/openssl",
            ["req", "-x509", "-nodes", "-newkey"] + algorithm + ["-keyout", made.key, "-out", made.certificate]
                + ["-days", "\(days)", "-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:FALSE"],
            outputIn: ports.folder,
            named: "openssl-\(name)"
        )
        let ending = try await child.end(within: .seconds(60))
        #expect(ending == .exited(0), "\(name): \(child.errors)")
        return made
    }

    // The database does not know how a client signed in: one is enough.
    @Test(.timeLimit(.minutes(5)))
    func `a client that binds its sign-in to the certificate gets in, and one behind another certificate does not`()
        async throws
    {
        try await with(.sqlite) { place, postfix, ports in
            for kind in ["plus-theirs", "plus-unique", "downgrade"] {
                for said in try await signIn(place, ports, kind) {
                    #expect(said.contains("refused 535 5.7.8") && !said.contains("proved"), "\(kind): \(said)")
                }
            }
            for kind in ["plus", "bare", "plain"] {
                for said in try await signIn(place, ports, kind) {
                    #expect(said.hasPrefix("offered SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN\n"), "\(said)")
                    #expect(said.contains("signed in\nkept\n"), "\(kind): \(said)")
                    #expect(kind == "plain" || said.contains("the server is proved"), "\(kind): \(said)")
                }
            }
            // A certificate that was renewed on the disk counts from the next start: what is presented is what is bound.
            let renewed = try postfix.authority.sign("ward.lakeside.example")
            _ = try place.write(renewed.pem, to: "mail.pem")
            _ = try place.write(renewed.keyPEM, to: "mail.key")
            for said in try await signIn(place, ports, "plus") { #expect(said.contains("signed in"), "\(said)") }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a program signs in with its certificate alone, whatever its key is, and with no other`() async throws {
        try await with(.sqlite) { place, postfix, ports in
            let login = try #require(ports.account["login"])
            let unknown = try await makeKey(ports, "unknown", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            var keys: [ClientKey] = []
            for (name, algorithm) in [
                ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]), ("rsa", ["rsa:2048"]), ("ed", ["ed25519"]),
            ] {
                let key = try await makeKey(ports, name, algorithm)
                let added = try await place.wardDoes("mail", "accounts", "certificate", "add", "ehr", key.certificate)
                #expect(added.contains("Pinned for ehr until"), "\(added)")
                keys.append(key)
            }
            for said in try await signIn(place, ports, "plain", with: unknown) {
                #expect(said.contains("offered SCRAM") && said.contains("kept"), "it is no hindrance: \(said)")
            }
            for said in try await signIn(place, ports, "external", with: keys[0]) {
                #expect(said.contains("refused 504"), "its password is the rule: \(said)")
            }
            try await place.wardDoes("mail", "accounts", "sign-in", "ehr", "certificate")
            for said in try await signIn(place, ports, "external-unnamed", with: unknown) {
                #expect(said.hasPrefix("offered SCRAM") && said.contains("refused 504"), "\(said)")
            }
            for said in try await signIn(place, ports, "external", as: "other@lakeside-health", with: keys[0]) {
                #expect(said.contains("refused 535"), "\(said)")
            }
            for said in try await signIn(place, ports, "plain", with: keys[0]) {
                #expect(said.contains("refused 535"), "\(said)")
            }
            for key in keys {
                for said in try await signIn(place, ports, "external-unnamed", with: key) {
                    #expect(said.hasPrefix("offered EXTERNAL ") && said.contains("signed in\nkept\n"), "\(said)")
                }
            }
            for said in try await signIn(place, ports, "external", as: login, with: keys[0]) {
                #expect(said.contains("signed in"), "\(said)")
            }
            let listed = try await place.wardDoes("mail", "accounts", "certificate", "list", "ehr", "--json")
            let fields = try KilledCampaignTests.fields(String(listed.split(separator: "\n")[0]))
            #expect(fields["state"] == "valid", "\(listed)")
            let fingerprint = try #require(fields["fingerprint"])
            try await place.wardDoes("mail", "accounts", "certificate", "remove", "ehr", fingerprint)
            for said in try await signIn(place, ports, "external-unnamed", with: keys[0]) {
                #expect(said.contains("refused 504"), "\(said)")
            }
            try await place.wardDoes("mail", "accounts", "disable", "ehr")
            for said in try await signIn(place, ports, "external-unnamed", with: keys[1]) {
                #expect(said.contains("refused 504"), "\(said)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), .enabled(if: TestPeer.isAvailable, "run scripts/setup test as root"))
    func `Postfix relays with password and certificate, and Exim with its certificate alone, as the guide says`()
        async throws
    {
        try await with(.sqlite) { place, postfix, ports in
            let key = try await makeKey(ports, "hospital", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            let (pem, secret) = (try String(contentsOfFile: key.certificate, encoding: .utf8), key.key)
            try await place.wardDoes("mail", "accounts", "certificate", "add", "ehr", key.certificate)
            let identity = TestPeer.Identity(authority: postfix.authority, name: "mail.lakeside.example")
            let guide = try BehindWardGuide(ports)
            let more = try BehindWardGuide(ports, page: "submission.md")
            for (rule, system) in [("both", BehindWardGuide.System.postfix), ("certificate", .exim)] {
                try await place.wardDoes("mail", "accounts", "sign-in", "ehr", rule)
                try await relaying(identity, guide, system) { files in
                    files["client.pem"] = pem
                    files["client.key"] = try String(contentsOfFile: secret, encoding: .utf8)
                    files["main.cf"]? += try more.block("postfix-certificate")
                    guard let exim = files["exim.conf"] else { return }
                    let (transport, with) = ("\nward:\n  driver = smtp\n", try more.block("exim-certificate"))
                    let changed = exim.replacing(transport, with: transport + with)
                        .replacing(try guide.block("exim-authenticators"), with: try more.block("exim-external"))
                    #expect(changed.contains("tls_certificate") && !changed.contains("PLAIN"))
                    files["exim.conf"] = changed
                } _: { peer in
                    let before = postfix.messageCount
                    let sent = try await swaks(
                        ports,
                        "relayed-\(system)",
                        ["--server", "127.0.0.1:\(peer.port)"] + Self.letter("relayed-\(system)")
                    )
                    #expect(sent.status == 0, "\(system): \(sent.said)\n\(peer.log)")
                    _ = try await postfix.waitForMessages(before + 1)
                    #expect(postfix.messageCount == before + 1, "\(system):\n\(peer.log)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `swaks with password and certificate gets in where both are asked for, and a session is taken up again`()
        async throws
    {
        try await with(.sqlite) { place, postfix, ports in
            let key = try await makeKey(ports, "ehr", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            let other = try await makeKey(ports, "other", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            try await place.wardDoes("mail", "accounts", "certificate", "add", "ehr", key.certificate)
            try await place.wardDoes("mail", "accounts", "sign-in", "ehr", "both")
            for (name, base) in [("587", ports.handIn), ("465", ports.handInTLS)] {
                func hand(_ kind: String, _ key: ClientKey?) async throws -> (status: Int32, said: String) {
                    let more = key.map { ["--tls-cert", $0.certificate, "--tls-key", $0.key] } ?? []
                    return try await swaks(ports, "\(kind)-\(name)", base + more + Self.letter("\(kind)-\(name)"))
                }
                let bare = try await hand("bare", nil)
                #expect(bare.status == 28 && bare.said.contains("535 5.7.8"), "\(bare.said)")
                let foreign = try await hand("foreign", other)
                #expect(foreign.status == 28 && foreign.said.contains("535 5.7.8"), "\(foreign.said)")
                let right = try await hand("right", key)
                #expect(right.status == 0, "\(right.said)")
            }
            try await place.wardDoes("mail", "accounts", "sign-in", "ehr", "certificate")
            for said in try await signIn(place, ports, "resumed", with: key) {
                #expect(said.hasPrefix("resumed True\noffered EXTERNAL ") && said.contains("kept"), "\(said)")
            }
        }
    }
}
