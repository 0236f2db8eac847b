// SPDX-License-Identifier: Apache-2.0
//
// A sign-in is counted as a failure before its password is looked at and forgotten when it was right: so a hundred
// attempts at once are a hundred failures, and none is looked at past the limit (SP 800-63B-4 section 3.2.2). An
// unknown address costs the same work and the same two transactions as a known one.

import Synchronization
import WardAudit
package import WardKernel
import WardStorage

/// An attempt that was counted and may be looked at.
struct TakenAttempt: Sendable {
    /// Nil when there is no account that could sign in.
    let staff: StaffID?
    /// The account's hash, or the decoy's.
    let hash: String
    /// The account's password as it was read, to find out whether it changed while the hash was computed.
    let passwordSealed: [UInt8]?
    let scope: ThrottleScope
    let subject: [UInt8]
    let network: [UInt8]
}

enum Attempt: Sendable {
    case taken(TakenAttempt)
    case delayed(until: Timestamp)
    case stopped
}

extension Identity {
    /// Signs a person in and opens a session with a new token. The answer never tells whether the account exists.
    package func signIn(
        email: Sensitive<String>,
        password: Sensitive<String>,
        of organization: OrganizationID,
        from origin: RequestOrigin
    ) async throws -> SignInOutcome {
        switch try await attempt(email: email, of: organization, from: origin) {
        case .delayed(let until): return .delayed(until: until)
        case .stopped: return .stopped
        case .taken(let taken):
            let matches = try await checked(password, taken, of: organization)
            return try await store.write { [self] tx in
                guard matches, let staff = taken.staff, try isCurrent(taken, of: organization, in: tx) else {
                    try recordRefusal(of: taken, organization: organization, from: origin, in: tx)
                    return .refused
                }
                try forget(taken, of: organization, in: tx)
                return .signedIn(try openSession(of: staff, organization: organization, from: origin, in: tx))
            }
        }
    }

    /// Whether the password is the account's. When it cannot be looked at (too many are waiting), the attempt is given
    /// back: who was not answered has not failed.
    func checked(
        _ password: Sensitive<String>,
        _ taken: TakenAttempt,
        of organization: OrganizationID
    ) async throws -> Bool {
        do {
            return try await matches(password, hash: taken.hash, of: organization)
        } catch {
            try await store.write { tx in
                try ThrottleQueries.giveBack(taken.scope, taken.subject, of: organization, in: tx)
                try ThrottleQueries.giveBack(.network, taken.network, of: organization, in: tx)
            }
            throw error
        }
    }

    /// Whether the account is as it was when the attempt was taken: disabling it, or a new password, wins over a sign-in
    /// under way.
    func isCurrent(
        _ taken: TakenAttempt,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool {
        guard let staff = taken.staff, let row = try AccountQueries.row(staff, of: organization, in: tx) else {
            return false
        }
        return row.state == .active && row.passwordSealed == taken.passwordSealed
    }

    /// Counts the attempt, or says why it is not taken.
    func attempt(
        email: Sensitive<String>,
        of organization: OrganizationID,
        from origin: RequestOrigin
    ) async throws -> Attempt {
        let decoy = try await decoyHash(organization)
        return try await store.write { [self] tx in
            let now = surroundings.now()
            let index = try emailIndex(email, of: organization, in: tx)
            let account = try AccountQueries.row(emailIndex: index, of: organization, in: tx)
            let (scope, subject) = try throttle(for: account, index, of: organization, from: origin, in: tx)
            let failures = try ThrottleQueries.row(scope, subject, of: organization, in: tx)
            let network = NetworkPrefix.octets(of: origin.networkAddress)
            let networkRow = try ThrottleQueries.row(.network, network, of: organization, in: tx)
            let networkFailures = recent(networkRow, at: now)
            if let answer = wait(failures, networkRow, networkFailures, at: now) { return answer }
            let count = (failures?.failures ?? 0) + 1
            try ThrottleQueries.store(scope, subject, of: organization, failures: count, at: now, in: tx)
            try ThrottleQueries.store(
                .network,
                network,
                of: organization,
                failures: networkFailures + 1,
                at: now,
                in: tx
            )
            let usable = account.flatMap { $0.state == .active ? $0 : nil }
            return .taken(
                TakenAttempt(
                    staff: usable?.id,
                    hash: try hash(of: usable, organization: organization, in: tx) ?? decoy,
                    passwordSealed: usable?.passwordSealed,
                    scope: scope,
                    subject: subject,
                    network: network
                )
            )
        }
    }

    /// Forgets the failures before a right password.
    func forget(_ taken: TakenAttempt, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try ThrottleQueries.clear(taken.scope, taken.subject, of: organization, in: tx)
        try ThrottleQueries.giveBack(.network, taken.network, of: organization, in: tx)
        let now = surroundings.now()
        try ThrottleQueries.prune(
            networksBefore: now - policy.longestDelay,
            accountsBefore: now - .days(30),
            below: policy.failureLimit,
            of: organization,
            in: tx
        )
    }

    private func wait(
        _ row: ThrottleRow?,
        _ networkRow: ThrottleRow?,
        _ networkFailures: Int,
        at now: Timestamp
    ) -> Attempt? {
        if let row, row.failures >= policy.failureLimit { return .stopped }
        var ends: [Timestamp] = []
        if let row { ends.append(row.lastAttemptAt + policy.delay(after: row.failures, free: policy.freeFailures)) }
        if let networkRow {
            let delay = policy.delay(after: networkFailures, free: policy.freeNetworkFailures)
            ends.append(networkRow.lastAttemptAt + delay)
        }
        guard let end = ends.max(), end > now else { return nil }
        return .delayed(until: end)
    }

    /// Failures of a network address, forgotten after an hour of quiet.
    private func recent(_ row: ThrottleRow?, at now: Timestamp) -> Int {
        guard let row, now.since(row.lastAttemptAt) <= policy.longestDelay else { return 0 }
        return row.failures
    }

    private func throttle(
        for account: AccountRow?,
        _ index: [UInt8],
        of organization: OrganizationID,
        from origin: RequestOrigin,
        in tx: any ReadTransaction
    ) throws -> (ThrottleScope, [UInt8]) {
        guard let account else { return (.stranger, index) }
        let known = try SessionQueries.knows(
            origin.networkAddress,
            of: account.id,
            organization: organization,
            since: surroundings.now() - .days(90),
            in: tx
        )
        return known ? (.known, index + Array(origin.networkAddress.utf8)) : (.stranger, index)
    }

    private func hash(
        of account: AccountRow?,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> String? {
        guard let account, let sealed = account.passwordSealed else { return nil }
        return try open(sealed, .staffPassword, of: account.id, organization: organization, in: tx)
            .expose(for: .evaluating) { $0 }
    }

    private func recordRefusal(
        of taken: TakenAttempt,
        organization: OrganizationID,
        from origin: RequestOrigin,
        in tx: any WriteTransaction
    ) throws {
        var requester = Requester.service("sign-in", of: organization)
        requester.networkAddress = origin.networkAddress
        requester.request = origin.request
        let facts = ["account": taken.staff == nil ? "unknown" : "known"]
        try audit.record(entry(.signIn, about: taken.staff, outcome: .denied, facts: facts), by: requester, in: tx)
    }

    /// A hash of random bytes that no password matches, made once.
    private func decoyHash(_ organization: OrganizationID) async throws -> String {
        if let made = decoy.withLock({ $0 }) { return made }
        let made = try await hash(Sensitive(TokenText.make(bytes: 32, surroundings)), of: organization)
        decoy.withLock { $0 = $0 ?? made }
        return decoy.withLock { $0 } ?? made
    }
}
