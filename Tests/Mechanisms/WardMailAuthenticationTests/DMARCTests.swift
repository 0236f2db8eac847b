// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDNS
import WardKernel
import WardMailCrypto

@testable import WardMailAuthentication

@Suite struct DMARCTests {
    private static let client = IPAddress("192.0.2.1")

    private struct Failing: Resolver {
        let inner: FixedResolver
        let name: String
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { await inner.addresses(of: name) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
            await inner.mailExchangers(of: domain)
        }
        func texts(of name: String) async -> DNSAnswer<String> {
            name == self.name ? .temporaryFailure(.timeout) : await inner.texts(of: name)
        }
    }

    private func mail(from: String = "Ann <ann@home.example>", signed: [DKIMSigner] = []) throws -> Sensitive<[UInt8]> {
        let plain = Array(
            "From: \(from)\r\nTo: x@y.example\r\nSubject: x\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nHello\r\n"
                .utf8
        )
        guard let signer = signed.first else { return Sensitive(plain) }
        let made = try DKIM.signed(plain, by: signed, domain: signer.domain, at: Timestamp(seconds: 1_795_500_000))
        return Sensitive(made.octets)
    }

    private func found(
        _ texts: [String: String],
        returnPath: String? = "ann@home.example",
        mail: Sensitive<[UInt8]>? = nil,
        hosts: [String: [IPAddress]] = [:],
        failing: String? = nil,
        isRelayed: Bool = false
    ) async throws -> MailAuthentication {
        let client = isRelayed ? nil : Self.client
        let fixed = FixedResolver(hosts: hosts, texts: texts.mapValues { [$0] })
        let resolver: any Resolver = failing.map { Failing(inner: fixed, name: $0) } ?? fixed
        let surroundings = Surroundings(
            now: { Timestamp(seconds: 1_795_500_000) },
            randomBytes: Surroundings.machine.randomBytes,
            wait: { _ in try await Task.sleep(for: .seconds(60)) }
        )
        return await MailAuthenticator(resolver: resolver, surroundings: surroundings).authenticate(
            try mail ?? self.mail(),
            from: client,
            helloName: "mx.home.example",
            returnPath: returnPath.flatMap { EmailAddress($0) }
        )
    }

    private let may = "v=spf1 ip4:192.0.2.1 -all"

    @Test func `what DMARC says follows from alignment and the policy that the tree walk finds`() async throws {
        let reject = "v=DMARC1; p=reject; sp=quarantine; np=none"
        // Aligned SPF.
        let passed = try await found(["home.example": may, "_dmarc.home.example": reject])
        #expect(passed.spf == .pass && passed.dmarc == .pass && passed.provedSender?.local == "ann")
        // SPF of somebody else's domain proves nothing about From.
        let foreign = try await found(
            ["evil.example": may, "_dmarc.home.example": reject],
            returnPath: "x@evil.example"
        )
        #expect(foreign.spf == .pass && foreign.dmarc == .fail && foreign.policy == .reject)
        #expect(foreign.provedSender == nil)
        // A subdomain that exists, and one that does not.
        let client = try #require(Self.client)
        let below = try await found(
            ["_dmarc.home.example": reject],
            mail: try mail(from: "a@news.home.example"),
            hosts: ["news.home.example": [client]]
        )
        #expect(below.dmarc == .fail && below.policy == .quarantine)
        let invented = try await found(["_dmarc.home.example": reject], mail: try mail(from: "a@x.home.example"))
        #expect(invented.dmarc == .fail && invented.policy == .none)
        // No record at all.
        #expect(try await found(["home.example": may]).dmarc == .none)
    }

    @Test func `relaxed alignment takes the same organization, strict the same domain`() async throws {
        let records = ["bounce.home.example": may]
        for (policy, result) in [("v=DMARC1; p=reject", DMARCResult.pass), ("v=DMARC1; p=reject; aspf=s", .fail)] {
            let answer = try await found(
                records.merging(["_dmarc.home.example": policy]) { $1 },
                returnPath: "x@bounce.home.example"
            )
            #expect(answer.dmarc == result)
        }
        // psd=n makes a subdomain an organization of its own.
        let apart = try await found(
            [
                "bounce.home.example": may, "_dmarc.home.example": "v=DMARC1; p=reject",
                "_dmarc.bounce.home.example": "v=DMARC1; p=none; psd=n",
            ],
            returnPath: "x@bounce.home.example"
        )
        #expect(apart.dmarc == .fail)
        // Below a public suffix that says so, siblings are strangers.
        let siblings = try await found(
            ["evil.org.example": may, "_dmarc.org.example": "v=DMARC1; p=reject; psd=y"],
            returnPath: "x@evil.org.example",
            mail: try mail(from: "a@good.org.example")
        )
        #expect(siblings.dmarc == .fail && siblings.policy == .reject)
    }

    @Test func `a signature of the domain passes where SPF does not, and a changed mail does not`() async throws {
        let key = try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes)
        let signer = try DKIMSigner(domain: "home.example", selector: "one", key: key)
        let records = [
            "_dmarc.home.example": "v=DMARC1; p=reject",
            "one._domainkey.home.example": DKIMKeyRecord(.ed25519, publicKey: key.publicKey).text,
        ]
        let good = try mail(signed: [signer])
        let passed = try await found(records, returnPath: nil, mail: good)
        #expect(passed.dkimDomains == ["home.example"] && passed.dmarc == .pass)
        let changed = good.map { Array(String(decoding: $0, as: UTF8.self).replacing("Hello", with: "Hullo").utf8) }
        #expect(try await found(records, returnPath: nil, mail: changed).dmarc == .fail)
    }

    @Test func `what one's own server passes on is proved by signatures alone, and never asked to be refused`()
        async throws
    {
        let records = ["home.example": may, "_dmarc.home.example": "v=DMARC1; p=reject"]
        let relayed = try await found(records, isRelayed: true)
        #expect(relayed.spf == .none && relayed.policy == .none && relayed.provedSender == nil)
        let unknown = try await found(records, failing: "_dmarc.home.example", isRelayed: true)
        #expect(unknown.dmarc == .none && unknown.provedSender == nil)
    }

    @Test(arguments: ["_dmarc.home.example", "home.example"])
    func `a look-up that fails is neither a pass nor the absence of a policy`(failing: String) async throws {
        let answer = try await found(["_dmarc.home.example": "v=DMARC1; p=reject"], failing: failing)
        #expect(answer.dmarc == .temperror && answer.policy == .none && answer.provedSender == nil)
    }

    @Test(arguments: ["", "a@x.example, b@y.example", "not an address", "A: a@x.example;"])
    func `a mail without one author has no proved sender`(from: String) async throws {
        let answer = try await found(["_dmarc.x.example": "v=DMARC1; p=reject"], mail: try mail(from: from))
        #expect(answer.dmarc == .permerror && answer.provedSender == nil)
    }

    @Test func `of a long name eight are asked, and a policy in test asks for less`() {
        let long = (1...20).map { "l\($0)" }.joined(separator: ".") + ".example"
        #expect(DMARCTree.names(from: long).count == 8)
        #expect(DMARCTree.names(from: "a.b.example") == ["a.b.example", "b.example", "example"])
        let record = DMARCRecord("v=DMARC1;p=reject;t=y")
        #expect(record?.policy(for: "a.example", at: "a.example", exists: true) == .quarantine)
        #expect(DMARCRecord("v=DMARC1; p=shrug")?.policy == DMARCPolicy.none)
        #expect(DMARCRecord("p=reject; v=DMARC1") == nil && DMARCRecord("v=dmarc1") == nil)
    }
}
