// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardDNS

/// The mail world's DNS: what was published in it, and nothing else.
final class DemoZone: Resolver {
    private let published = Mutex<[String: [String]]>([:])

    /// Sets the TXT record of a name.
    func publish(_ text: String, at name: String) { published.withLock { $0[name.lowercased()] = [text] } }

    func addresses(of name: String) async -> DNSAnswer<IPAddress> { .noSuchDomain(isSecure: false) }

    func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noSuchDomain(isSecure: false) }

    func texts(of name: String) async -> DNSAnswer<String> {
        let texts = published.withLock { $0[name.lowercased()] }
        return texts.map { .found($0, isSecure: false) } ?? .noSuchDomain(isSecure: false)
    }
}
