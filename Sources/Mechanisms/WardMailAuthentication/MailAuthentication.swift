// SPDX-License-Identifier: Apache-2.0
//
// Who a mail from outside is from, as far as that can be proved:
//
//     SPF        the client may send for the return path's domain (for HELO's where the path is null)
//     DKIM       domains that signed what is here; at most three signatures are looked at
//     DMARC      one of the two is aligned with the domain of From, the address that people see
//
// The whole is bounded by the look-ups of each part and by 20 seconds.

package import WardDNS
package import WardKernel
import WardMIME
import WardMailCrypto

/// What DMARC says (RFC 9989 section 4.3).
package enum DMARCResult: String, Sendable, Hashable, Codable, CaseIterable {
    /// The domain publishes nothing.
    case none
    case pass, fail
    /// The DNS did not answer.
    case temperror
    /// There is no one address in From.
    case permerror
}

/// What was found about one mail. Names domains, never mailboxes.
package struct MailAuthentication: Sendable, Hashable {
    package var spf: SPFResult
    /// The domain that SPF was asked about.
    package var spfDomain: String
    /// Domains whose signatures hold.
    package var dkimDomains: [String]
    package var dmarc: DMARCResult
    /// What the domain of From asks for; `none` where it passed or asks nothing.
    package var policy: DMARCPolicy
    /// The address in From; nil when there is none, or there are several.
    package var from: EmailAddress?

    package init(
        spf: SPFResult,
        spfDomain: String,
        dkimDomains: [String] = [],
        dmarc: DMARCResult,
        policy: DMARCPolicy = .none,
        from: EmailAddress? = nil
    ) {
        self.spf = spf
        self.spfDomain = spfDomain
        self.dkimDomains = dkimDomains
        self.dmarc = dmarc
        self.policy = policy
        self.from = from
    }

    /// The address that is proved to have sent it; nil: nobody is.
    package var provedSender: EmailAddress? { dmarc == .pass ? from : nil }

    /// For the audit log: fixed words.
    package var facts: [String: String] {
        ["spf": spf.rawValue, "dkim": dkimDomains.isEmpty ? "none" : "pass", "dmarc": dmarc.rawValue]
    }
}

/// Authenticates mail that comes in.
package struct MailAuthenticator: Sendable {
    /// Signatures whose keys are looked up.
    static let mostSignatures = 3
    static let time = Duration.seconds(20)

    private let resolver: any Resolver
    private let surroundings: Surroundings

    package init(resolver: any Resolver, surroundings: Surroundings) {
        self.resolver = resolver
        self.surroundings = surroundings
    }

    /// - Parameters:
    ///   - client: the address that the mail came from; nil: one's own server passed it on. Then SPF says nothing, and
    ///     nothing is asked to be refused: signatures alone prove something.
    ///   - returnPath: of the envelope; nil is the null path.
    package func authenticate(
        _ mail: Sensitive<[UInt8]>,
        from client: IPAddress?,
        helloName: String,
        returnPath: EmailAddress?
    ) async -> MailAuthentication {
        let late = MailAuthentication(
            spf: .temperror,
            spfDomain: returnPath?.domain ?? helloName.lowercased(),
            // What one's own server has taken is not sent back.
            dmarc: client == nil ? .none : .temperror
        )
        return await withTaskGroup(of: MailAuthentication?.self) { group in
            group.addTask { await self.answer(mail, client, helloName, returnPath) }
            group.addTask {
                // Cancelled as soon as there is an answer.
                guard (try? await self.surroundings.wait(Self.time)) != nil else { return nil }
                return late
            }
            var found = late
            for await answer in group {
                guard let answer else { continue }
                found = answer
                break
            }
            group.cancelAll()
            return found
        }
    }

    private func answer(
        _ mail: Sensitive<[UInt8]>,
        _ client: IPAddress?,
        _ helloName: String,
        _ returnPath: EmailAddress?
    ) async -> MailAuthentication {
        let spfDomain = returnPath?.domain ?? helloName.lowercased()
        var spf = SPFResult.none
        if let client {
            spf = await SPF(resolver: resolver).check(
                client,
                domain: spfDomain,
                localPart: returnPath?.local ?? "postmaster",
                helloName: helloName
            )
        }
        let (domains, isDKIMKnown) = await signingDomains(mail)
        var found = MailAuthentication(spf: spf, spfDomain: spfDomain, dkimDomains: domains, dmarc: .permerror)
        guard let from = mail.expose(for: .evaluating, Self.author) else { return found }
        found.from = from
        let isEverythingKnown = isDKIMKnown && spf != .temperror
        (found.dmarc, found.policy) = await dmarc(found, from.domain, isEverythingKnown: isEverythingKnown)
        if client == nil {
            found.policy = .none
            if found.dmarc == .temperror { found.dmarc = .none }
        }
        return found
    }

    /// The one address in the one From.
    private static func author(_ octets: [UInt8]) -> EmailAddress? {
        guard let mail = try? ParsedMail.parse(octets), mail.count(of: "From") == 1,
            let mailboxes = mail.header("From").map({ MailboxList($0).mailboxes }), mailboxes.count == 1
        else { return nil }
        return mailboxes[0].address
    }

    /// The domains whose signatures hold, and whether every key could be asked for.
    private func signingDomains(_ mail: Sensitive<[UInt8]>) async -> ([String], isKnown: Bool) {
        // What is not in the form of RFC 5322 has no signature that holds.
        guard let message = mail.expose(for: .evaluating, { try? DKIMMessage($0) }) else { return ([], true) }
        var domains: [String] = []
        var isKnown = true
        for case .success(let signature) in message.signatures.prefix(Self.mostSignatures) {
            switch await resolver.texts(of: signature.recordName) {
            case .found(let records, _):
                let verdict = message.verdict(on: signature, records: records, now: surroundings.now())
                if verdict == .verified, !domains.contains(signature.domain) { domains.append(signature.domain) }
            case .noData, .noSuchDomain: continue
            case .temporaryFailure, .bogus: isKnown = false
            }
        }
        return (domains, isKnown)
    }

    private func dmarc(
        _ found: MailAuthentication,
        _ domain: String,
        isEverythingKnown: Bool
    ) async -> (DMARCResult, DMARCPolicy) {
        let tree = DMARCTree(resolver: resolver)
        guard case .found(let walked) = await tree.walk(from: domain) else { return (.temperror, .none) }
        let place: (String, DMARCRecord)? =
            walked.records.first { $0.0 == domain } ?? walked.records.first { $0.0 == walked.organization }
            ?? walked.records.last
        guard let (name, record) = place else { return (.none, .none) }
        for (candidate, isStrict) in candidates(found, record) {
            switch await isAligned(candidate, with: domain, walked.organization, isStrict: isStrict, tree) {
            case .found(true): return (.pass, .none)
            case .found(false): continue
            case .unknown: return (.temperror, .none)
            }
        }
        guard isEverythingKnown else { return (.temperror, .none) }
        let exists = await self.exists(domain)
        return (.fail, record.policy(for: domain, at: name, exists: exists))
    }

    private func candidates(_ found: MailAuthentication, _ record: DMARCRecord) -> [(String, isStrict: Bool)] {
        found.dkimDomains.map { ($0, record.isDKIMStrict) }
            + (found.spf == .pass ? [(found.spfDomain, record.isSPFStrict)] : [])
    }

    /// The same domain, or, relaxed, one organizational domain (RFC 9989 section 4.4).
    private func isAligned(
        _ candidate: String,
        with domain: String,
        _ organization: String,
        isStrict: Bool,
        _ tree: DMARCTree
    ) async -> DMARCSearch<Bool> {
        let candidate = candidate.lowercased()
        if candidate == domain { return .found(true) }
        // Another organization's domain cannot end as this one does, which saves its walk.
        guard !isStrict, candidate == organization || candidate.hasSuffix("." + organization) else {
            return .found(false)
        }
        guard case .found(let walked) = await tree.walk(from: candidate) else { return .unknown }
        return .found(walked.organization == organization)
    }

    /// A domain without address, mail exchanger or anything else does not exist (RFC 9989 section 3.2.13).
    private func exists(_ domain: String) async -> Bool {
        if case .noSuchDomain = await resolver.addresses(of: domain) { return false }
        return true
    }
}
