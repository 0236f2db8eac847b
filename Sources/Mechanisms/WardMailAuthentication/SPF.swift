// SPDX-License-Identifier: Apache-2.0
//
// check_host() of RFC 7208 section 4. Explanations (`exp`) are read and not fetched: what a stranger's zone says is not passed
// on to anybody.

package import WardDNS

/// Evaluates SPF for one client.
package struct SPF: Sendable {
    /// Terms that look something up (section 4.6.4).
    static let mostLookUps = 10
    /// Look-ups without an answer.
    static let mostVoid = 2
    /// Names of an MX or of an address.
    static let mostNames = 10

    private let resolver: any Resolver

    package init(resolver: any Resolver) { self.resolver = resolver }

    /// - Parameters:
    ///   - domain: of the return path; of HELO where the path is null.
    ///   - localPart: of the return path; `postmaster` where there is none.
    package func check(
        _ address: IPAddress,
        domain: String,
        localPart: String,
        helloName: String
    ) async -> SPFResult {
        var checking = SPFChecking(
            resolver: resolver,
            subject: SPFMacro.Subject(
                address: address.unmapped,
                localPart: localPart.isEmpty ? "postmaster" : localPart,
                senderDomain: domain,
                helloName: helloName
            )
        )
        do throws(SPFStop) {
            return try await checking.check(domain, isInclude: false)
        } catch {
            return error.result
        }
    }
}

/// The end of an evaluation before its end.
private enum SPFStop: Error {
    case temporary, permanent
    var result: SPFResult { self == .temporary ? .temperror : .permerror }
}

private struct SPFChecking {
    let resolver: any Resolver
    private var subject: SPFMacro.Subject
    private var lookUps = 0
    private var void = 0

    init(resolver: any Resolver, subject: SPFMacro.Subject) {
        self.resolver = resolver
        self.subject = subject
    }

    mutating func check(_ domain: String, isInclude: Bool) async throws(SPFStop) -> SPFResult {
        guard Self.isDomain(domain), let text = try await record(of: domain) else { return .none }
        let record: SPFRecord
        do throws(SPFRecord.Malformed) { record = try SPFRecord(text) } catch { throw .permanent }
        for directive in record.directives {
            if try await matches(directive.mechanism, domain) { return directive.result }
        }
        guard let redirect = record.redirect else { return .neutral }
        try count()
        let target = await expanded(redirect, domain)
        let result = try await check(target, isInclude: isInclude)
        if result == .none { throw .permanent }
        return result
    }

    /// Several labels of at most 63 octets (section 4.3).
    private static func isDomain(_ domain: String) -> Bool {
        var trimmed = domain[...]
        if trimmed.hasSuffix(".") { trimmed = trimmed.dropLast() }
        let labels = trimmed.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && trimmed.utf8.count <= 253 && labels.allSatisfy { (1...63).contains($0.utf8.count) }
    }

    /// Nil for a domain without a record (section 4.5).
    private func record(of domain: String) async throws(SPFStop) -> String? {
        switch await resolver.texts(of: Self.bare(domain)) {
        case .found(let texts, _):
            let records = texts.filter(SPFRecord.isRecord)
            guard records.count <= 1 else { throw .permanent }
            return records.first
        case .noData, .noSuchDomain: return nil
        case .temporaryFailure, .bogus: throw .temporary
        }
    }

    private static func bare(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }

    private mutating func count() throws(SPFStop) {
        lookUps += 1
        if lookUps > SPF.mostLookUps { throw .permanent }
    }

    /// Expanded, and cut from the left to 253 octets (section 7.3).
    private mutating func expanded(_ text: String, _ domain: String) async -> String {
        if SPFMacro.usesName(text), subject.validatedName == nil {
            subject.validatedName = await validatedName(near: domain) ?? "unknown"
        }
        var name = Self.bare(SPFMacro.expand(text, for: subject, domain: domain))[...]
        while name.utf8.count > 253, let dot = name.firstIndex(of: ".") { name = name[name.index(after: dot)...] }
        return String(name)
    }

    private mutating func matches(_ mechanism: SPFRecord.Mechanism, _ domain: String) async throws(SPFStop) -> Bool {
        switch mechanism {
        case .all: return true
        case .network(let address, let bits): return subject.address.shares(bits, with: address)
        case .include(let text): return try await includes(await expanded(text, domain))
        case .exists(let text):
            try count()
            // Whatever the family of the client, an A record is what is asked for.
            let name = await expanded(text, domain)
            return try await !addresses(of: name).filter { !$0.isIPv6 }.isEmpty
        case .address(let named, let prefix):
            try count()
            return try await reaches(await target(named, domain), prefix)
        case .exchangers(let named, let prefix):
            try count()
            return try await exchanges(await target(named, domain), prefix)
        case .pointer(let named):
            try count()
            return await isNamed(below: await target(named, domain))
        }
    }

    private mutating func target(_ named: String?, _ domain: String) async -> String {
        guard let named else { return domain }
        return await expanded(named, domain)
    }

    private mutating func includes(_ domain: String) async throws(SPFStop) -> Bool {
        try count()
        switch try await check(domain, isInclude: true) {
        case .pass: return true
        case .fail, .softfail, .neutral: return false
        case .none, .permerror: throw .permanent
        case .temperror: throw .temporary
        }
    }

    private mutating func reaches(_ name: String, _ prefix: SPFPrefix) async throws(SPFStop) -> Bool {
        let bits = subject.address.isIPv6 ? prefix.six : prefix.four
        return try await addresses(of: name).contains { subject.address.shares(bits, with: $0) }
    }

    private mutating func exchanges(_ name: String, _ prefix: SPFPrefix) async throws(SPFStop) -> Bool {
        switch await resolver.mailExchangers(of: name) {
        case .found(let exchangers, _):
            guard exchangers.count <= SPF.mostNames else { throw .permanent }
            for exchanger in exchangers where try await reaches(exchanger.host, prefix, isVoidCounted: false) {
                return true
            }
            return false
        case .noData, .noSuchDomain:
            try countVoid()
            return false
        case .temporaryFailure, .bogus: throw .temporary
        }
    }

    private mutating func reaches(
        _ name: String,
        _ prefix: SPFPrefix,
        isVoidCounted: Bool
    ) async throws(SPFStop) -> Bool {
        let before = void
        let found = try await reaches(name, prefix)
        if !isVoidCounted { void = before }
        return found
    }

    /// Those of the client's family count; a name without any is a look-up without answer.
    private mutating func addresses(of name: String) async throws(SPFStop) -> [IPAddress] {
        switch await resolver.addresses(of: name) {
        case .found(let addresses, _): return addresses
        case .noData, .noSuchDomain:
            try countVoid()
            return []
        case .temporaryFailure, .bogus: throw .temporary
        }
    }

    private mutating func countVoid() throws(SPFStop) {
        void += 1
        if void > SPF.mostVoid { throw .permanent }
    }

    /// Section 5.5: a name of the address that leads back to it, at or below the domain. Failures are no match.
    private func isNamed(below domain: String) async -> Bool {
        let wanted = domain.lowercased()
        return await validatedNames().contains { $0 == wanted || $0.hasSuffix("." + wanted) }
    }

    /// Section 7.3: the domain itself, else a name below it, else any.
    private func validatedName(near domain: String) async -> String? {
        let names = await validatedNames()
        let wanted = domain.lowercased()
        return names.first { $0 == wanted } ?? names.first { $0.hasSuffix("." + wanted) } ?? names.first
    }

    private func validatedNames() async -> [String] {
        guard case .found(let names, _) = await resolver.names(of: subject.address) else { return [] }
        var validated: [String] = []
        for name in names.prefix(SPF.mostNames) {
            guard case .found(let addresses, _) = await resolver.addresses(of: name),
                addresses.contains(subject.address)
            else { continue }
            validated.append(name)
        }
        return validated
    }
}
