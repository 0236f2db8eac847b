// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardDNS

/// Which hosts take a domain's mail (catalogue N8).
@Suite struct MailHostFinderTests {
    private static let four = [IPAddress("192.0.2.1")].compactMap(\.self)
    private static let six = [IPAddress("2001:db8::1")].compactMap(\.self)

    private func decide(
        _ exchangers: [(UInt16, String)],
        hosts: [String: [IPAddress]],
        own: Set<String> = [],
        seed: UInt64 = 1
    ) async -> MailHostDecision {
        let resolver = FixedResolver(
            hosts: hosts,
            exchangers: ["d.example": exchangers.map { MailExchanger(preference: $0.0, host: $0.1) }]
        )
        let surroundings = TestSurroundings(seed: seed).surroundings
        return await MailHostFinder(resolver: resolver, surroundings: surroundings, ownNames: own)
            .mailHosts(of: "d.example")
    }

    @Test func `a domain that does not exist, or has neither MX nor address, is a permanent failure`() async {
        let finder = MailHostFinder(resolver: FixedResolver(), surroundings: TestSurroundings().surroundings)
        #expect(await finder.mailHosts(of: "none.example") == .noSuchDomain)
        let noAddress = FixedResolver(texts: ["d.example": ["hello"]])
        #expect(
            await MailHostFinder(resolver: noAddress, surroundings: TestSurroundings().surroundings)
                .mailHosts(of: "d.example") == .noSuchDomain
        )
    }

    @Test func `the null MX takes no mail`() async {
        #expect(await decide([(0, ".")], hosts: ["d.example": Self.four]) == .takesNoMail)
    }

    @Test func `an MX that is an address is refused`() async {
        #expect(await decide([(10, "192.0.2.1")], hosts: ["192.0.2.1": Self.four]) == .unusable(.notHostNames))
        #expect(await decide([(10, "2001:db8::1")], hosts: [:]) == .unusable(.notHostNames))
        #expect(await decide([(10, "a b.example")], hosts: [:]) == .unusable(.notHostNames))
    }

    @Test(arguments: [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1", "2002:c0a8:101::1",
    ])
    func `a stranger's record leads no mail to this host or a private network`(literal: String) async throws {
        let address = try #require(IPAddress(literal))
        #expect(!address.isGlobal)
        let hosts = ["in.example": [address], "out.example": Self.four + [address]]
        #expect(await decide([(5, "in.example")], hosts: hosts) == .unusable(.privateAddresses))
        let decision = await decide([(5, "in.example"), (10, "out.example")], hosts: hosts)
        #expect(decision == .hosts([MailHost(name: "out.example", preference: 10, addresses: Self.four)]))
        let resolver = FixedResolver(
            hosts: hosts,
            exchangers: ["d.example": [MailExchanger(preference: 1, host: "in.example")]]
        )
        let own = MailHostFinder(
            resolver: resolver,
            surroundings: TestSurroundings().surroundings,
            allowsPrivateAddresses: true
        )
        #expect(
            await own.mailHosts(of: "d.example")
                == .hosts([MailHost(name: "in.example", preference: 1, addresses: [address])])
        )
    }

    @Test(arguments: ["192.0.2.1", "172.32.0.1", "8.8.8.8", "2001:db8::1", "2a00:1450::1", "64:ff9b::8.8.8.8"])
    func `other addresses are strangers' own`(literal: String) throws {
        #expect(try #require(IPAddress(literal)).isGlobal)
    }

    @Test func `an MX that leads back here is left out with all that are no better`() async {
        let hosts = ["a.example": Self.four, "us.example": Self.four, "c.example": Self.four]
        #expect(
            await decide([(5, "us.example"), (10, "a.example")], hosts: hosts, own: ["us.example"])
                == .unusable(.leadsBackHere)
        )
        let decision = await decide(
            [(5, "a.example"), (10, "us.example"), (10, "c.example")],
            hosts: hosts,
            own: ["us.example"]
        )
        #expect(names(decision) == ["a.example"])
    }

    @Test func `a failing look-up is temporary and bogus is never taken for absence`() async {
        struct Failing: Resolver {
            var exchangers: DNSAnswer<MailExchanger>
            var hosts: DNSAnswer<IPAddress>
            func addresses(of name: String) async -> DNSAnswer<IPAddress> { hosts }
            func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { exchangers }
            func texts(of name: String) async -> DNSAnswer<String> { .bogus }
        }
        let mx = DNSAnswer.found([MailExchanger(preference: 1, host: "a.example")], isSecure: true)
        let cases: [(Failing, MailHostDecision)] = [
            (Failing(exchangers: .bogus, hosts: .found(Self.four, isSecure: true)), .temporaryFailure(.bogus)),
            (Failing(exchangers: .temporaryFailure(.timeout), hosts: .bogus), .temporaryFailure(.timeout)),
            (Failing(exchangers: mx, hosts: .bogus), .temporaryFailure(.bogus)),
            (Failing(exchangers: mx, hosts: .temporaryFailure(.serverFailure)), .temporaryFailure(.serverFailure)),
            (Failing(exchangers: mx, hosts: .noData(isSecure: true)), .unusable(.noAddresses)),
        ]
        for (resolver, expected) in cases {
            let finder = MailHostFinder(resolver: resolver, surroundings: TestSurroundings().surroundings)
            #expect(await finder.mailHosts(of: "d.example") == expected)
        }
    }

    @Test func `without MX the domain's own address takes the mail`() async {
        let resolver = FixedResolver(hosts: ["d.example": Self.six + Self.four])
        let decision = await MailHostFinder(resolver: resolver, surroundings: TestSurroundings().surroundings)
            .mailHosts(of: "d.example")
        #expect(decision == .hosts([MailHost(name: "d.example", preference: 0, addresses: Self.six + Self.four)]))
    }

    @Test func `lower preference comes first, equals come in an order that the randomness gives`() async {
        let hosts = Dictionary(uniqueKeysWithValues: ["a", "b", "c", "d"].map { ("\($0).example", Self.four) })
        var orders: Set<[String]> = []
        for seed in 1...20 {
            let decision = await decide(
                [(20, "d.example"), (10, "a.example"), (10, "b.example"), (10, "c.example")],
                hosts: hosts,
                seed: UInt64(seed)
            )
            let names = names(decision)
            #expect(names.last == "d.example" && names.count == 4)
            orders.insert(names)
        }
        #expect(orders.count > 1)
    }

    @Test func `of a hundred MX records twenty are used`() async {
        let exchangers = (0..<100).map { (UInt16($0), "h\($0).example") }
        let hosts = Dictionary(uniqueKeysWithValues: exchangers.map { ($0.1, Self.four) })
        #expect(names(await decide(exchangers, hosts: hosts)).count == 20)
    }

    private func names(_ decision: MailHostDecision) -> [String] {
        if case .hosts(let hosts) = decision { hosts.map(\.name) } else { [] }
    }
}
