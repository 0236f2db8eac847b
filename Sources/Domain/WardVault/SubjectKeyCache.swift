// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardCrypto
import WardKernel

/// Unwrapped subject keys, at most `capacity` of them, each for a minute: so long may another node still read a person
/// that this one has erased.
///
/// Two generations: what was not asked for while the younger one filled up is forgotten.
final class SubjectKeyCache: Sendable {
    static let lifetime = Duration.seconds(60)

    private struct Place: Hashable {
        let organization: OrganizationID
        let subject: SubjectID

        static func == (left: Self, right: Self) -> Bool {
            left.subject.low == right.subject.low && left.subject.high == right.subject.high
                && left.organization.low == right.organization.low && left.organization.high == right.organization.high
        }

        /// The identifiers are random: half of one tells them apart.
        func hash(into hasher: inout Hasher) { hasher.combine(subject.low) }
    }
    private struct Entry {
        let key: KeyMaterial
        let until: Timestamp
    }
    private struct Generations {
        var young: [Place: Entry] = [:]
        var old: [Place: Entry] = [:]
    }

    private let capacity: Int
    private let generations = Mutex(Generations())

    init(capacity: Int) { self.capacity = max(2, capacity) }

    func key(of subject: SubjectID, of organization: OrganizationID, at time: Timestamp) -> KeyMaterial? {
        let place = Place(organization: organization, subject: subject)
        return generations.withLock { generations in
            guard let entry = generations.young[place] ?? generations.old[place], entry.until > time else { return nil }
            return entry.key
        }
    }

    /// The keys of many persons, in order, under one lock.
    func keys(of subjects: [SubjectID?], of organization: OrganizationID, at time: Timestamp) -> [KeyMaterial?] {
        generations.withLock { generations in
            subjects.map { subject in
                guard let subject else { return nil }
                let place = Place(organization: organization, subject: subject)
                guard let entry = generations.young[place] ?? generations.old[place], entry.until > time else {
                    return nil
                }
                return entry.key
            }
        }
    }

    func remember(_ key: KeyMaterial, of subject: SubjectID, of organization: OrganizationID, at time: Timestamp) {
        let entry = Entry(key: key, until: time + Self.lifetime)
        generations.withLock { generations in
            if generations.young.count >= capacity / 2 {
                generations.old = generations.young
                generations.young = [:]
            }
            generations.young[Place(organization: organization, subject: subject)] = entry
        }
    }

    func forget(_ subject: SubjectID, of organization: OrganizationID) {
        let place = Place(organization: organization, subject: subject)
        generations.withLock {
            $0.young[place] = nil
            $0.old[place] = nil
        }
    }

    var count: Int { generations.withLock { $0.young.count + $0.old.count } }
}
