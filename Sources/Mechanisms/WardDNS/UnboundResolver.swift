// SPDX-License-Identifier: Apache-2.0
//
// The DNS through libunbound, which validates DNSSEC (RFC 4035) from the root's trust anchors. One thread of our own waits for
// its answers; no thread of the cooperative pool ever blocks on a look-up.

/// Asks the DNS.
package final class UnboundResolver: Resolver {
    package enum NameServers: Sendable {
        /// Those of `/etc/resolv.conf`; for validation they must pass DNSSEC records on.
        case system
        /// These, each an address or `address@port`.
        case given([String])
        /// None: from the root servers down.
        case recursive
    }

    package struct Configuration: Sendable {
        package var servers: NameServers = .system
        /// False: nothing is ever `isSecure` or `bogus`.
        package var validates = true
        /// How long one look-up may take.
        package var timeout: Duration = .seconds(15)
        /// Records in zone file form that are answered without asking anybody; for tests.
        package var localRecords: [String] = []
        /// Zones that are answered from `localRecords` alone; for tests.
        package var localZones: [String] = []
        /// Keys to validate from, in zone file form (DS or DNSKEY), instead of the root's; for tests.
        package var trustAnchors: [String] = []
        /// Zones that one server answers for, which is asked without recursion; for tests.
        package var stubs: [Stub] = []

        package init() {}
    }

    /// A zone and the server that is asked about it, `address@port`.
    package struct Stub: Sendable, Hashable {
        package let zone: String
        package let server: String

        package init(zone: String, server: String) {
            self.zone = zone
            self.server = server
        }
    }

    private let context: UnboundContext

    /// Sets libunbound up; nothing is asked yet.
    package init(_ configuration: Configuration = Configuration()) throws(ResolverSetupError) {
        context = try UnboundContext(configuration)
    }

    deinit { context.stop() }

    package func addresses(of name: String) async -> DNSAnswer<IPAddress> {
        async let six = look(name, .aaaa) { IPAddress(octets: $0) }
        async let four = look(name, .a) { IPAddress(octets: $0) }
        return Self.merged(await six, await four)
    }

    package func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
        await look(domain, .mx) { data in
            guard data.count >= 3, let host = WireName.text(data.dropFirst(2)) else { return nil }
            return MailExchanger(preference: UInt16(data[0]) << 8 | UInt16(data[1]), host: host)
        }
    }

    package func texts(of name: String) async -> DNSAnswer<String> { await look(name, .txt, WireName.joinedStrings) }

    package func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord> {
        await look(name, .tlsa) { TLSARecord(data: $0) }
    }

    package func names(of address: IPAddress) async -> DNSAnswer<String> {
        await look(address.reverseName, .ptr) { WireName.text($0)?.lowercased() }
    }

    private func look<Record: Sendable & Equatable>(
        _ name: String,
        _ type: RecordType,
        _ read: @Sendable ([UInt8]) -> Record?
    ) async -> DNSAnswer<Record> {
        guard MailHostFinder.isHostName(name) else { return .noSuchDomain(isSecure: false) }
        switch await context.look(name, type) {
        case .failed(let failure): return .temporaryFailure(failure)
        case .bogus: return .bogus
        case .noSuchDomain(let isSecure): return .noSuchDomain(isSecure: isSecure)
        case .noData(let isSecure): return .noData(isSecure: isSecure)
        case .found(let records, let isSecure):
            let readable = records.compactMap(read)
            return readable.count == records.count
                ? .found(readable, isSecure: isSecure) : .temporaryFailure(.malformedAnswer)
        }
    }

    /// Both families: found when either is; a failure of one counts only when the other has nothing.
    static func merged(_ six: DNSAnswer<IPAddress>, _ four: DNSAnswer<IPAddress>) -> DNSAnswer<IPAddress> {
        switch (six, four) {
        case (.found(let first, let isFirstSecure), .found(let second, let isSecondSecure)):
            .found(first + second, isSecure: isFirstSecure && isSecondSecure)
        case (.bogus, _), (_, .bogus): .bogus
        case (.found, _): six
        case (_, .found): four
        case (.temporaryFailure, _): six
        case (_, .temporaryFailure): four
        case (.noSuchDomain, _): six
        default: four
        }
    }
}

/// libunbound could not be set up.
package struct ResolverSetupError: Error, CustomStringConvertible {
    /// What was being set.
    let step: String
    package var description: String {
        "The DNS resolver could not be set up (\(step)). Check the name server settings."
    }
}

/// Numbers of record types (RFC 1035, RFC 3596, RFC 6698).
enum RecordType: Int32 {
    case a = 1
    case ptr = 12
    case mx = 15
    case txt = 16
    case aaaa = 28
    case tlsa = 52
}

/// Names and strings in record data.
enum WireName {
    /// The labels joined with dots, without the final dot; nil when it is no name. A label that holds a dot or a control character
    /// gives a text that is no host name.
    static func text(_ data: some Sequence<UInt8>) -> String? {
        var labels: [String] = []
        var rest = Array(data)[...]
        while let length = rest.popFirst() {
            if length == 0 { return rest.isEmpty ? labels.joined(separator: ".") : nil }
            guard length <= 63, rest.count >= Int(length), labels.count < 128 else { return nil }
            let label = rest.prefix(Int(length)).map { (0x21...0x7e).contains($0) && $0 != 0x2e ? $0 : 0x3f }
            labels.append(String(decoding: label, as: UTF8.self))
            rest = rest.dropFirst(Int(length))
        }
        return nil
    }

    /// The strings of a TXT record, joined (RFC 7208 section 3.3 and its neighbours).
    static func joinedStrings(_ data: [UInt8]) -> String? {
        var text: [UInt8] = []
        var rest = data[...]
        while let length = rest.popFirst() {
            guard rest.count >= Int(length) else { return nil }
            text += rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
