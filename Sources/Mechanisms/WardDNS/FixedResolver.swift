// SPDX-License-Identifier: Apache-2.0

/// Answers from a table and knows nothing else: for the demo's mail world and for tests.
package struct FixedResolver: Resolver {
    private let hosts: [String: [IPAddress]]
    private let exchangers: [String: [MailExchanger]]
    private let strings: [String: [String]]
    private let associations: [String: [TLSARecord]]
    private let isSecure: Bool

    /// Names in lower case without the final dot.
    ///
    /// - Parameter isSecure: whether the answers, the denials too, are to pass for proved by DNSSEC.
    package init(
        hosts: [String: [IPAddress]] = [:],
        exchangers: [String: [MailExchanger]] = [:],
        texts: [String: [String]] = [:],
        associations: [String: [TLSARecord]] = [:],
        isSecure: Bool = false
    ) {
        self.hosts = hosts
        self.exchangers = exchangers
        strings = texts
        self.associations = associations
        self.isSecure = isSecure
    }

    package func addresses(of name: String) async -> DNSAnswer<IPAddress> { answer(hosts[name.lowercased()], name) }
    package func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
        answer(exchangers[domain.lowercased()], domain)
    }
    package func texts(of name: String) async -> DNSAnswer<String> { answer(strings[name.lowercased()], name) }

    package func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord> {
        answer(associations[name.lowercased()], name)
    }

    private func answer<Record>(_ records: [Record]?, _ name: String) -> DNSAnswer<Record> {
        if let records, !records.isEmpty { return .found(records, isSecure: isSecure) }
        let key = name.lowercased()
        let exists = hosts[key] != nil || exchangers[key] != nil || strings[key] != nil
        return exists ? .noData(isSecure: isSecure) : .noSuchDomain(isSecure: isSecure)
    }
}
