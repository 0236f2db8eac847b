// SPDX-License-Identifier: Apache-2.0
//
// An organization's protection policy: which methods are tried in which order, and who may depart from it. Rules stand at
// levels. For each field the most particular level that says something holds (contact, campaign, sender, domain,
// organization, built in); a field that says nothing inherits. The methods that levels allow are intersected: no level can
// allow what another forbids. A policy is a value with a number; a decision keeps the number, so that it can be replayed.

package import WardKernel

/// Where a value of the policy comes from, from the most general to the most particular.
package enum ProtectionLevel: String, CaseIterable, Sendable, Codable, Hashable {
    case builtIn = "built_in"
    case organization, domain, sender, campaign, contact

    /// The level in words.
    package var title: String {
        switch self {
        case .builtIn: "Built in"
        case .organization: "The organization"
        case .domain: "The recipient’s domain"
        case .sender: "The member of staff who sends"
        case .campaign: "The campaign"
        case .contact: "The person who gets it"
        }
    }

    /// The levels whose rules are part of the policy and have a name of their own.
    package static let named: [ProtectionLevel] = [.domain, .sender, .campaign]
}

/// What one level says; nil inherits.
package struct ProtectionRule: Sendable, Codable, Hashable {
    /// What is tried first.
    package var order: [SendMethod]?
    /// The only methods that are allowed, strongest first.
    package var methods: [SendMethod]?
    /// Only verified TLS, and without it the message ends as "not sent: no TLS".
    package var isTLSExclusive: Bool?
    /// Whether a message that its sender declared free of health information may go to a server without TLS.
    package var mayGoUnprotectedWhenFree: Bool?

    package init(
        order: [SendMethod]? = nil,
        methods: [SendMethod]? = nil,
        isTLSExclusive: Bool? = nil,
        mayGoUnprotectedWhenFree: Bool? = nil
    ) {
        self.order = order
        self.methods = methods
        self.isTLSExclusive = isTLSExclusive
        self.mayGoUnprotectedWhenFree = mayGoUnprotectedWhenFree
    }

    /// Whether every field inherits.
    package var saysNothing: Bool { self == ProtectionRule() }
}

/// A rule of a named level: a domain (`clinic.example`, or `*.example.org` for everything below it), a member of staff or a
/// campaign by identifier.
package struct ScopedProtectionRule: Sendable, Codable, Hashable {
    package var level: ProtectionLevel
    package var name: String
    package var rule: ProtectionRule

    package init(_ level: ProtectionLevel, _ name: String, _ rule: ProtectionRule) {
        self.level = level
        self.name = level == .domain ? name.lowercased() : name
        self.rule = rule
    }
}

/// An organization's policy as a value.
package struct ProtectionPolicy: Sendable, Codable, Hashable {
    package var organization: ProtectionRule
    package var scoped: [ScopedProtectionRule]
    package var marks: [SubjectMark]
    /// What stands in the subject of mail whose own subject must not leave in the clear; names no person and no condition.
    package var neutralSubject: String
    package var scan: ScanRules

    package init(
        organization: ProtectionRule = ProtectionRule(),
        scoped: [ScopedProtectionRule] = [],
        marks: [SubjectMark] = SubjectMark.standard,
        neutralSubject: String = "A message for you",
        scan: ScanRules = ScanRules()
    ) {
        self.organization = organization
        self.scoped = scoped
        self.marks = marks
        self.neutralSubject = neutralSubject
        self.scan = scan
    }

    /// What holds where nobody decided anything.
    package static let standard = ProtectionPolicy()
    /// The order where no level names one: the person's own keys first, which few have.
    package static let standardOrder: [SendMethod] = [.smime, .openPGP, .verifiedTLS, .portal]
}

/// A value with the level that it comes from.
package struct Sourced<Value: Sendable & Hashable>: Sendable, Hashable {
    package let value: Value
    package let source: ProtectionLevel
}

/// What the policy comes to for one message.
package struct EffectiveProtection: Sendable, Hashable {
    package let order: Sourced<[SendMethod]>
    /// What all levels allow together.
    package let methods: Set<SendMethod>
    /// The levels that allow some methods only.
    package let limitedBy: [ProtectionLevel]
    package let isTLSExclusive: Sourced<Bool>
    package let mayGoUnprotectedWhenFree: Sourced<Bool>
}

/// What the gate is told by the policy about one message, kept with the decision.
package struct ProtectionDemand: Sendable, Codable, Hashable {
    package var order: [SendMethod]
    /// Strongest first, so that equal demands are kept as equal bytes.
    package var methods: [SendMethod]
    package var isTLSExclusive: Bool
    package var orderFrom: ProtectionLevel
    package var limitedBy: [ProtectionLevel]
    package var exclusiveFrom: ProtectionLevel

    init(_ effective: EffectiveProtection, isDeclaredFree: Bool) {
        let mayGoUnprotected = isDeclaredFree && effective.mayGoUnprotectedWhenFree.value
        isTLSExclusive = effective.isTLSExclusive.value
        if isTLSExclusive {
            order = [.verifiedTLS]
            methods = effective.methods.contains(.verifiedTLS) ? [.verifiedTLS] : []
        } else {
            order = effective.order.value + (mayGoUnprotected ? [.opportunisticTLS] : [])
            methods = effective.methods.union(mayGoUnprotected ? [.opportunisticTLS] : []).byStrength
        }
        orderFrom = effective.order.source
        limitedBy = effective.limitedBy
        exclusiveFrom = effective.isTLSExclusive.source
    }
}

extension ProtectionPolicy {
    /// What holds for a message: a pure function.
    /// - Parameter contact: what was agreed with the person; nil: nothing.
    package func effective(
        domain: String,
        sender: StaffID? = nil,
        campaign: CampaignID? = nil,
        contact: ProtectionRule? = nil
    ) -> EffectiveProtection {
        var rules: [(ProtectionLevel, ProtectionRule)] = []
        if let contact { rules.append((.contact, contact)) }
        if let campaign, let rule = rule(.campaign, "\(campaign)") { rules.append((.campaign, rule)) }
        if let sender, let rule = rule(.sender, "\(sender)") { rules.append((.sender, rule)) }
        rules += domainRules(domain).map { (.domain, $0) }
        rules.append((.organization, organization))
        func first<Value>(_ path: KeyPath<ProtectionRule, Value?>, _ standard: Value) -> Sourced<Value> {
            for (level, rule) in rules {
                if let value = rule[keyPath: path] { return Sourced(value: value, source: level) }
            }
            return Sourced(value: standard, source: .builtIn)
        }
        var methods = Set(SendMethod.chosen)
        var limitedBy: [ProtectionLevel] = []
        for (level, rule) in rules {
            guard let allowed = rule.methods else { continue }
            methods.formIntersection(allowed)
            if !limitedBy.contains(level) { limitedBy.append(level) }
        }
        return EffectiveProtection(
            order: first(\.order, Self.standardOrder),
            methods: methods,
            limitedBy: limitedBy,
            isTLSExclusive: first(\.isTLSExclusive, false),
            mayGoUnprotectedWhenFree: first(\.mayGoUnprotectedWhenFree, false)
        )
    }

    private func rule(_ level: ProtectionLevel, _ name: String) -> ProtectionRule? {
        scoped.first { $0.level == level && $0.name == name }?.rule
    }

    /// The domain's own rule, then those of wildcards, the longest first.
    private func domainRules(_ domain: String) -> [ProtectionRule] {
        let domain = domain.lowercased()
        return scoped.filter { $0.level == .domain && Self.matches($0.name, domain) }
            .sorted { left, right in
                let isLeftExact = !left.name.hasPrefix("*")
                if isLeftExact != !right.name.hasPrefix("*") { return isLeftExact }
                return left.name.utf8.count > right.name.utf8.count
            }
            .map(\.rule)
    }

    /// `*.example.org` is everything below example.org, not example.org itself.
    static func matches(_ pattern: String, _ domain: String) -> Bool {
        pattern.hasPrefix("*.") ? domain.hasSuffix(pattern.dropFirst()) : pattern == domain
    }
}

extension SendMethod {
    /// How strong a method is, 0 … 4: content encryption above the portal, the portal above TLS (what TLS protects ends at
    /// the inbox).
    package var strength: Int { Self.strengths[rawValue] ?? 4 }
    private static let strengths = ["opportunistic_tls": 0, "verified_tls": 1, "portal": 2]

    /// The methods that a policy orders and allows. Mail without protection is none: it has conditions of its own.
    package static var chosen: [SendMethod] { Set(allCases).subtracting([.opportunisticTLS]).byStrength }
}

extension Set<SendMethod> {
    /// The strongest first.
    package var byStrength: [SendMethod] { sorted { ($1.strength, $0.rawValue) < ($0.strength, $1.rawValue) } }
}

/// What is wrong with a policy; the sentences are safe to show.
package enum PolicyProblem: String, Error, Hashable, Sendable, CaseIterable {
    case orderInvalid, methodsInvalid, domainInvalid, nameInvalid, ruleSaysNothing, exclusiveWithoutTLS
    case markInvalid, neutralSubjectInvalid, drugListTooLong, reasonMissing, daysInvalid
    case noDraft, notSimulated, changedSince, unknownRule

    /// What is wrong and what to do.
    package var sentence: String {
        switch self {
        case .orderInvalid: "Name each method of the order once, and at least one."
        case .methodsInvalid: "Name each allowed method once, and at least one."
        case .domainInvalid: "Write one domain, such as clinic.example, or *.clinic.example for all below it."
        case .nameInvalid: "Name the member of staff or the campaign by its identifier."
        case .ruleSaysNothing: "Every field inherits: such a rule changes nothing. Remove it instead."
        case .exclusiveWithoutTLS: "Only verified TLS is asked for, and verified TLS is not allowed."
        case .markInvalid: "A mark has 2 to 40 characters and no line break, and each stands once."
        case .neutralSubjectInvalid: "Write the neutral subject in 1 to 120 characters, without line breaks."
        case .drugListTooLong: "The list of drugs holds at most 20,000 names of at most 100 characters."
        case .reasonMissing: "Give a reason. It is kept in the audit log."
        case .daysInvalid: "Write a number of days from 1 to 365."
        case .noDraft: "There is no draft."
        case .notSimulated: "Run the draft against past decisions first."
        case .changedSince: "The policy in force has changed since the draft was run. Run it again."
        case .unknownRule: "There is no such rule."
        }
    }
}

extension ProtectionRule {
    /// What is wrong with it by itself.
    package var problem: PolicyProblem? {
        let chosen = Set(SendMethod.chosen)
        func isValid(_ list: [SendMethod]?) -> Bool {
            guard let list else { return true }
            return !list.isEmpty && Set(list).count == list.count && Set(list).isSubset(of: chosen)
        }
        if !isValid(order) { return .orderInvalid }
        if !isValid(methods) { return .methodsInvalid }
        if isTLSExclusive == true, let methods, !methods.contains(.verifiedTLS) { return .exclusiveWithoutTLS }
        return nil
    }
}

extension ProtectionPolicy {
    /// What is wrong with it; nil when it can be put into force.
    package var problem: PolicyProblem? {
        if let problem = organization.problem { return problem }
        for scoped in scoped { if let problem = scoped.problem { return problem } }
        let subject = neutralSubject.unicodeScalars
        guard (1...120).contains(subject.count), subject.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            return .neutralSubjectInvalid
        }
        guard marks.allSatisfy(\.isValid), Set(marks.map { $0.text.lowercased() }).count == marks.count else {
            return .markInvalid
        }
        guard scan.drugNames.count <= 20_000, scan.drugNames.allSatisfy({ (1...100).contains($0.utf8.count) }) else {
            return .drugListTooLong
        }
        return nil
    }
}

extension ScopedProtectionRule {
    /// What is wrong with it by itself.
    package var problem: PolicyProblem? {
        if rule.saysNothing { return .ruleSaysNothing }
        if let problem = rule.problem { return problem }
        switch level {
        case .domain:
            let bare = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            return EmailAddress("a@" + bare) == nil || bare.contains("*") ? .domainInvalid : nil
        case .sender: return StaffID(name) == nil ? .nameInvalid : nil
        case .campaign: return CampaignID(name) == nil ? .nameInvalid : nil
        case .builtIn, .organization, .contact: return .nameInvalid
        }
    }
}
