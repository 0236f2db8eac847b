// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardVault

/// What the use cases share: opening and sealing profiles, and the look-up values of a person.
extension Contacts {
    /// One person as it is stored, opened.
    struct OpenedPerson: Sendable {
        var id: ContactID
        var profile: Profile
        var revision: Int64
    }

    func place(_ contact: ContactID, _ kind: RecordKind, row: [UInt8], of organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .subject(contact), kind: kind, row: row)
    }

    func profilePlace(_ contact: ContactID, of organization: OrganizationID) -> SealedPlace {
        place(contact, .contactProfile, row: contact.bytes, of: organization)
    }

    /// Opens stored profiles, in order. A person whose key was destroyed is left out; damage is thrown.
    func open(
        _ stored: [ContactQueries.Stored],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [OpenedPerson] {
        let requests = stored.map { OpenRequest($0.profile, at: profilePlace($0.id, of: organization)) }
        let answers = try vault.open(requests, of: organization, in: tx)
        var people: [OpenedPerson] = []
        people.reserveCapacity(stored.count)
        for (person, answer) in zip(stored, answers) {
            switch answer {
            case .success(let plain):
                let profile = try plain.expose(for: .evaluating) { try Profile(decoding: $0) }
                people.append(OpenedPerson(id: person.id, profile: profile, revision: person.revision))
            case .failure(.subjectErased): continue
            case .failure(let error): throw error
            }
        }
        return people
    }

    func openPeople(
        _ ids: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [OpenedPerson] {
        try open(ContactQueries.find(ids, of: organization, in: tx), of: organization, in: tx)
    }

    func sealProfiles(
        _ people: [(id: ContactID, profile: Profile)],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]] {
        let requests = people.map { person in
            SealRequest(Sensitive(person.profile.encoded), at: profilePlace(person.id, of: organization))
        }
        return try vault.seal(requests, of: organization, in: tx)
    }

    /// The look-up values of many profiles, in order.
    func indexes(
        of profiles: [Profile],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PersonIndexes] {
        var result = [PersonIndexes](repeating: PersonIndexes(), count: profiles.count)
        func fill(
            _ kind: BlindIndexKind,
            _ path: WritableKeyPath<PersonIndexes, [UInt8]?>,
            _ text: (Profile) -> String?
        ) throws {
            let texts = profiles.enumerated().compactMap { position, profile in
                text(profile).map { (position, Sensitive($0)) }
            }
            let values = try vault.blindIndexes(texts.map(\.1), kind: kind, of: organization, in: tx)
            for (value, (position, _)) in zip(values, texts) { result[position][keyPath: path] = value }
        }
        try fill(.emailAddress, \.email, IndexTexts.email)
        try fill(.phoneNumber, \.phone, IndexTexts.phone)
        try fill(.identity, \.identity, IndexTexts.identity)
        try fill(.nameAndBirthDate, \.name, IndexTexts.name)
        return result
    }

    func numberIndexes(
        _ numbers: [Profile.Number],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]] {
        let texts = numbers.map { Sensitive(IndexTexts.number($0)) }
        return try vault.blindIndexes(texts, kind: .recordNumber, of: organization, in: tx)
    }

    /// Notes changes in the feed.
    func noteChanges(
        _ changes: [(contact: ContactID, kind: ContactChange.Kind)],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let rows = changes.map { change in
            (id: surroundings.makeIdentifier(ContactChangeTag.self), contact: change.contact, change: change.kind)
        }
        try ChangeQueries.insert(rows, of: organization, at: surroundings.now(), in: tx)
    }
}

/// The normalized texts behind the look-up values. Changing one makes stored values unfindable.
enum IndexTexts {
    static func email(_ profile: Profile) -> String? {
        profile.text(.email).flatMap { EmailAddress($0)?.normalized }
    }

    static func phone(_ profile: Profile) -> String? { profile.text(.phone).flatMap(CellText.phoneDigits) }

    /// Birth date, given and family name; nil when one is missing.
    static func name(_ profile: Profile) -> String? {
        guard let birth = profile.birthDate else { return nil }
        let given = CellText.folded(profile.text(.givenName) ?? "")
        let family = CellText.folded(profile.text(.familyName) ?? "")
        guard !given.isEmpty, !family.isEmpty else { return nil }
        return "\(birth)\u{1F}\(given)\u{1F}\(family)"
    }

    static func identity(_ profile: Profile) -> String? {
        guard let email = email(profile), let name = name(profile) else { return nil }
        return "\(email)\u{1F}\(name)"
    }

    static func number(_ number: Profile.Number) -> String { "\(number.source)\u{1F}\(number.number)" }
}
