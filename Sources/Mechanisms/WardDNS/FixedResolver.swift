// SPDX-License-Identifier: Apache-2.0

/// Answers from a table and knows nothing else: for the demo's mail world and for tests.
package struct FixedResolver: Resolver {
    private let hosts: [String: [IPAddress]]
    private let exchangers: [String: [MailExchanger]]
    private let strings: [String: [String]]

    /// Names in lower case without the final dot.
    package init(
        hosts: [String: [IPAddress]] = [:],
        exchangers: [String: [MailExchanger]] = [:],
        texts: [String: [String]] = [:]
    ) {
        self.hosts = hosts
        self.exchangers = exchangers
        strings = texts
    }

    package func addresses(of name: String) async -> DNSAnswer<IPAddress> { answer(hosts[name.lowercased()], name) }
    package func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
        answer(exchangers[domain.lowercased()], domain)
    }
    package func texts(of name: String) async -> DNSAnswer<String> { answer(strings[name.lowercased()], name) }

    private func answer<Record>(_ records: [Record]?, _ name: String) -> DNSAnswer<Record> {
        if let records, !records.isEmpty { return .found(records, isSecure: false) }
        let key = name.lowercased()
        let exists = hosts[key] != nil || exchangers[key] != nil || strings[key] != nil
        return exists ? .noData(isSecure: false) : .noSuchDomain(isSecure: false)
    }
}
