// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardDNS

/// libunbound itself, answering from records given to it: no network is needed.
@Suite struct UnboundResolverTests {
    private func resolver() throws -> UnboundResolver {
        var configuration = UnboundResolver.Configuration()
        configuration.servers = .given(["127.0.0.1@1"])
        configuration.validates = false
        configuration.timeout = .seconds(5)
        configuration.localZones = ["d.example.", "null.example."]
        configuration.localRecords = [
            "d.example. 60 IN MX 20 MX2.d.example.", "d.example. 60 IN MX 10 mx1.d.example.",
            "mx1.d.example. 60 IN A 192.0.2.1", "mx1.d.example. 60 IN AAAA 2001:db8::1",
            "mx2.d.example. 60 IN A 192.0.2.2",
            "d.example. 60 IN TXT \"one \" \"two\"", "null.example. 60 IN MX 0 .",
        ]
        return try UnboundResolver(configuration)
    }

    @Test func `a name server setting that is none is refused with a sentence`() {
        var configuration = UnboundResolver.Configuration()
        configuration.servers = .given(["not an address"])
        #expect(throws: ResolverSetupError.self) { try UnboundResolver(configuration) }
    }

    @Test func `records are read, and absence is told apart from non-existence`() async throws {
        let resolver = try resolver()
        guard case .found(let exchangers, isSecure: false) = await resolver.mailExchangers(of: "d.example") else {
            Issue.record("no MX")
            return
        }
        #expect(
            Set(exchangers) == [
                MailExchanger(preference: 10, host: "mx1.d.example"),
                MailExchanger(preference: 20, host: "mx2.d.example"),
            ]
        )
        #expect(
            await resolver.addresses(of: "mx1.d.example")
                == .found(["2001:db8::1", "192.0.2.1"].compactMap { IPAddress($0) }, isSecure: false)
        )
        #expect(
            await resolver.addresses(of: "mx2.d.example")
                == .found([IPAddress("192.0.2.2")].compactMap(\.self), isSecure: false)
        )
        #expect(await resolver.texts(of: "d.example") == .found(["one two"], isSecure: false))
        #expect(await resolver.texts(of: "mx1.d.example") == .noData(isSecure: false))
        #expect(await resolver.addresses(of: "none.d.example") == .noSuchDomain(isSecure: false))
    }

    @Test func `the null MX is seen through the whole way`() async throws {
        let finder = MailHostFinder(resolver: try resolver(), surroundings: TestSurroundings().surroundings)
        #expect(await finder.mailHosts(of: "null.example") == .takesNoMail)
    }

    @Test(arguments: [
        "", "a..example", "a b.example", "192.0.2.1", "a\u{0}.example", String(repeating: "a", count: 300),
    ])
    func `what is no host name is not asked for`(name: String) async throws {
        #expect(await (try resolver()).addresses(of: name) == .noSuchDomain(isSecure: false))
    }

    @Test func `a server that does not answer is a temporary failure within the time allowed`() async throws {
        var configuration = UnboundResolver.Configuration()
        configuration.servers = .given(["127.0.0.1@9"])
        configuration.validates = false
        configuration.timeout = .milliseconds(300)
        let resolver = try UnboundResolver(configuration)
        let answer = await resolver.texts(of: "silent.example")
        #expect([.temporaryFailure(.timeout), .temporaryFailure(.serverFailure)].contains(answer))
    }

    @Test func `many look-ups at once are all answered`() async throws {
        let resolver = try resolver()
        let found = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    if case .found = await resolver.addresses(of: "mx1.d.example") { true } else { false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(found == 300)
    }

    @Test func `names in records are read within their bounds`() {
        #expect(WireName.text([1, 0x61, 2, 0x62, 0x63, 0]) == "a.bc")
        #expect(WireName.text([0]) == "")
        #expect(WireName.text([1, 0x61]) == nil)
        #expect(WireName.text([64] + [UInt8](repeating: 0x61, count: 64) + [0]) == nil)
        #expect(WireName.text([3, 0x61, 0x2e, 0x62, 0]) == "a?b")
        #expect(WireName.joinedStrings([2, 0x61, 0x62, 1]) == nil)
    }
}
