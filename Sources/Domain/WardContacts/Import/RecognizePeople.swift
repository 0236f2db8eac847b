// SPDX-License-Identifier: Apache-2.0
//
// Who a row is. One person is recognized by record number within its source; else by e-mail address, birth date and
// folded given and family name together. Anything less makes a new person and a pair for review, never a merger: twins
// share a birthday and their parent's address. Two record numbers of one source are two people, whatever else agrees.
//
// A chunk is decided in memory: everything that its rows could meet is looked up first, then each row is taken in order,
// seeing the rows before it, so that the result does not depend on where the chunks were cut.

import WardKernel
import WardStorage

/// People of one chunk while it is decided.
struct PeopleChunk {
    /// One person as the chunk leaves them.
    struct Working {
        var profile: Profile
        /// As stored; nil for somebody new.
        var before: Contacts.OpenedPerson?
    }

    enum Fate {
        case added(mayBeKnown: Bool)
        case updated
        case unchanged
    }

    private let source: String
    private let template: EmailTemplate?
    private let makeID: () -> ContactID
    private(set) var people: [ContactID: Working] = [:]
    /// In the order of their rows.
    private(set) var added: [ContactID] = []
    private(set) var touched: [ContactID] = []
    private(set) var duplicates: [(contact: ContactID, other: ContactID, reason: DuplicateReason)] = []
    private var byNumber: [String: ContactID]
    private var byIdentity: [String: [ContactID]]
    private var byName: [String: [ContactID]]
    private var byEmail: [String: [ContactID]]
    private var nextNumber: [String: Int] = [:]

    init(
        source: String,
        template: EmailTemplate?,
        known: KnownPeople,
        makeID: @escaping () -> ContactID
    ) {
        self.source = source
        self.template = template
        self.makeID = makeID
        byNumber = known.byNumber.compactMapValues(\.first)
        byIdentity = known.byIdentity
        byName = known.byName
        byEmail = known.byEmail
        for person in known.people { people[person.id] = Working(profile: person.profile, before: person) }
    }

    /// Takes one row.
    ///
    /// - Parameter holders: who has an address that the look-up before did not ask for.
    mutating func take(
        _ incoming: IncomingPerson,
        holders: (String) throws -> [ContactID]
    ) rethrows -> Fate {
        var profile = Profile()
        profile.attributes = incoming.attributes
        profile.attributes[.source] = nil
        profile.isDeceased = incoming.isDeceased
        let number = profile.text(.recordNumber).map { Profile.Number(source: source, number: $0) }
        if let number, let id = byNumber[IndexTexts.number(number)] {
            return try merge(profile, number, into: id, holders: holders)
        }
        var reasons: [ContactID: DuplicateReason] = [:]
        if let id = recognized(profile, number, &reasons) {
            return try merge(profile, number, into: id, holders: holders)
        }
        noteLikeness(profile, &reasons)
        try deriveAddress(&profile, holders: holders)
        profile.attributes[.source] = .text(source)
        let id = makeID()
        people[id] = Working(profile: profile, before: nil)
        added.append(id)
        touched.append(id)
        remember(profile, id)
        duplicates += reasons.sorted { $0.key < $1.key }.map { (id, $0.key, $0.value) }
        return .added(mayBeKnown: !reasons.isEmpty)
    }

    /// The one person with this address, birth date and name. A derived address says nothing beyond the name: it counts
    /// only for rows without a record number, whose file has nothing better.
    private func recognized(
        _ profile: Profile,
        _ number: Profile.Number?,
        _ reasons: inout [ContactID: DuplicateReason]
    ) -> ContactID? {
        var candidates: [ContactID] = []
        if let identity = IndexTexts.identity(profile) {
            candidates = byIdentity[identity] ?? []
        } else if number == nil, let template, profile.text(.email) == nil, let name = IndexTexts.name(profile) {
            candidates = (byName[name] ?? []).filter { id in
                guard let known = people[id]?.profile, let address = known.text(.email) else { return false }
                return template.made(address, given: known.text(.givenName), family: known.text(.familyName))
            }
        }
        let free = candidates.filter { id in
            number == nil || !(people[id]?.profile.numbers.contains { $0.source == source } ?? true)
        }
        for id in candidates where free.count != 1 || free.first != id { reasons[id] = .otherRecordNumber }
        return free.count == 1 ? free.first : nil
    }

    private func noteLikeness(_ profile: Profile, _ reasons: inout [ContactID: DuplicateReason]) {
        if let name = IndexTexts.name(profile) {
            for id in byName[name] ?? [] where reasons[id] == nil { reasons[id] = .sameNameAndBirthDate }
        }
        if let email = IndexTexts.email(profile) {
            for id in (byEmail[email] ?? []).prefix(20) where reasons[id] == nil {
                if let other = people[id]?.profile { reasons[id] = DuplicateReason.between(profile, other) }
            }
        }
    }

    private mutating func merge(
        _ incoming: Profile,
        _ number: Profile.Number?,
        into id: ContactID,
        holders: (String) throws -> [ContactID]
    ) rethrows -> Fate {
        guard var working = people[id] else { return .unchanged }
        let old = working.profile
        for (name, value) in incoming.attributes where name != .recordNumber {
            working.profile.attributes[name] = value
        }
        working.profile.isDeceased = old.isDeceased || incoming.isDeceased
        if let number, !old.numbers.contains(number) {
            if old.text(.recordNumber) == nil {
                working.profile.attributes[.recordNumber] = .text(number.number)
                working.profile.attributes[.source] = .text(number.source)
            } else {
                working.profile.furtherNumbers.append(number)
            }
        }
        try deriveAddress(&working.profile, holders: holders)
        touched.append(id)
        guard working.profile != old else { return .unchanged }
        people[id] = working
        remember(working.profile, id)
        return .updated
    }

    private mutating func deriveAddress(
        _ profile: inout Profile,
        holders: (String) throws -> [ContactID]
    ) rethrows {
        guard let template, profile.text(.email) == nil else { return }
        let (given, family) = (profile.text(.givenName) ?? "", profile.text(.familyName) ?? "")
        guard let stem = template.address(given: given, family: family, number: 1)?.normalized else { return }
        // Addresses only fill up while an import runs, so that counting on from the last one finds the same as counting
        // from the first.
        var count = nextNumber[stem] ?? 1
        while let address = template.address(given: given, family: family, number: count) {
            let taken = try byEmail[address.normalized] ?? holders(address.normalized)
            if taken.isEmpty {
                profile.attributes[.email] = .text(address.mailbox)
                nextNumber[stem] = count + 1
                return
            }
            byEmail[address.normalized] = taken
            count += 1
        }
    }

    private mutating func remember(_ profile: Profile, _ id: ContactID) {
        func add(_ text: String?, to map: inout [String: [ContactID]]) {
            if let text, !(map[text]?.contains(id) ?? false) { map[text, default: []].append(id) }
        }
        for number in profile.numbers { byNumber[IndexTexts.number(number)] = id }
        add(IndexTexts.identity(profile), to: &byIdentity)
        add(IndexTexts.name(profile), to: &byName)
        add(IndexTexts.email(profile), to: &byEmail)
    }
}

/// Everybody whom the rows of a chunk could meet, by the normalized texts.
struct KnownPeople {
    var people: [Contacts.OpenedPerson] = []
    var byNumber: [String: [ContactID]] = [:]
    var byIdentity: [String: [ContactID]] = [:]
    var byName: [String: [ContactID]] = [:]
    var byEmail: [String: [ContactID]] = [:]
}

extension EmailTemplate {
    /// Whether the template makes this address of this name, with whatever number.
    func made(_ address: String, given: String?, family: String?) -> Bool {
        guard let stem = self.address(given: given ?? "", family: family ?? "", number: 1),
            let made = EmailAddress(address), made.domain == stem.domain, made.local.hasPrefix(stem.local)
        else { return false }
        return made.local.dropFirst(stem.local.count).allSatisfy(\.isNumber)
    }
}
