// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS
import WardKernel
import WardTestKit

@testable import WardTrust

/// A policy is taken from a web server that proves its name, as plain text, whole and at once, or not at all (catalogue T6,
/// W5).
@Suite struct PolicyFetcherTests {
    private static let policy = "version: STSv1\r\nmode: enforce\r\nmx: mx.d.example\r\nmax_age: 86400\r\n"

    private static func reply(
        _ status: String = "200 OK",
        type: String? = "text/plain; charset=utf-8",
        body: String = policy,
        more: String = ""
    ) -> String {
        let kind = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return "HTTP/1.1 \(status)\r\n\(kind)\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Says the given octets to everybody who asks over TLS, then waits before it hangs up.
    private static let server = """
        import socket, ssl, sys, time
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
        print("ready", flush=True)
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
                    asked = peer.recv(65536)
                    print(asked.decode().replace("\\r\\n", "|"), flush=True)
                    peer.sendall(open(sys.argv[3], "rb").read())
                    time.sleep(float(sys.argv[4]))
                    peer.unwrap()
            except OSError as error:
                print(error, flush=True)
        """

    private func fetch(
        _ reply: String,
        names: [String] = ["mta-sts.d.example"],
        hangs: Double = 0,
        allowsPrivateAddresses: Bool = true,
        check: (ChildProcess) -> Void = { _ in }
    ) async throws -> Result<MTASTSPolicy, MTASTSProblem> {
        let folder = URL(fileURLWithPath: "/tmp/ward-policy-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestCertificateAuthority()
        let signed = try authority.sign(TestCertificateAuthority.Wish(names: names))
        let certificate = folder.appending(path: "certificate.pem")
        let answer = folder.appending(path: "reply")
        try Data("\(signed.pem)\n\(signed.keyPEM)\n".utf8).write(to: certificate)
        try Data(reply.utf8).write(to: answer)
        let port = try FreePort.find()
        let server = try ChildProcess(
            "/usr/bin/python3",
            ["-c", Self.server, certificate.path, "\(port)", answer.path, "\(hangs)"],
            outputIn: folder.path,
            named: "server"
        )
        try await server.says("ready")
        var limits = PolicyFetcher.Limits()
        limits.port = port
        limits.connect = .seconds(5)
        limits.answer = .seconds(2)
        let fetcher = PolicyFetcher(
            resolver: FixedResolver(hosts: ["mta-sts.d.example": [.loopback]]),
            roots: TrustRoots([authority.root]),
            surroundings: .machine,
            allowsPrivateAddresses: allowsPrivateAddresses,
            limits: limits
        )
        let result = await fetcher.policy(of: "d.example")
        check(server)
        server.send(signal: SIGKILL)
        _ = try await server.end()
        return result
    }

    @Test func `a good answer of a server that proves its name is the policy`() async throws {
        let result = try await fetch(Self.reply()) { server in
            #expect(server.output.contains("GET /.well-known/mta-sts.txt HTTP/1.1|"))
            #expect(server.output.lowercased().contains("host: mta-sts.d.example|"))
        }
        #expect(try result.get().patterns == ["mx.d.example"])
    }

    @Test func `a server that proves another name is never asked`() async throws {
        let result = try await fetch(Self.reply(), names: ["d.example"]) { server in
            #expect(!server.output.contains("GET"))
        }
        guard case .failure(.untrusted(.nameMismatch)) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test(arguments: [
        (reply("404 Not Found"), MTASTSProblem.status(404)), (reply("500 Oh"), .status(500)),
        (reply("301 Moved", more: "Location: https://elsewhere.example/\r\n"), .status(301)),
        (reply("302 Found", more: "Location: https://mta-sts.d.example/other\r\n"), .status(302)),
        (reply(type: "text/html"), .contentType), (reply(type: nil), .contentType),
        (reply(type: "text/plainly"), .contentType), (reply(body: "<html>"), .malformed), (reply(body: ""), .malformed),
        (reply(body: policy + String(repeating: "a: b\r\n", count: 12_000)), .tooLong), ("SSH-2.0-x\r\n", .unreachable),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n\(policy)", .unreachable),
    ])
    func `anything but a whole plain text with status 200 is no policy`(
        reply: String,
        problem: MTASTSProblem
    ) async throws {
        #expect(try await fetch(reply) == .failure(problem))
    }

    @Test func `a server that does not come to an end is left within the time limit`() async throws {
        let began = ContinuousClock.now
        let unfinished = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\nversion:"
        #expect(try await fetch(unfinished, hangs: 60) == .failure(.unreachable))
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func `a name that leads into a private network is not followed`() async throws {
        let result = try await fetch(Self.reply(), allowsPrivateAddresses: false) { server in
            #expect(!server.output.contains("GET"))
        }
        #expect(result == .failure(.privateAddress))
    }
}
