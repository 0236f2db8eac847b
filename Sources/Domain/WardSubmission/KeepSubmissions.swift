// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardDelivery
import WardKernel
import WardStorage

/// A submitted message that is put together for each of its recipients and waits for its transaction.
struct ReadySubmission: Sendable {
    let account: SubmissionAccount
    let requester: Requester
    /// By which a second submission of the same message is known; nil: it is not.
    let digest: [UInt8]?
    /// In the order of the recipients.
    let sendings: [PreparedSending]
}

/// The transaction in which submitted messages are kept.
struct SubmissionWrites: Sendable {
    let delivery: Delivery
    let audit: Audit
    let surroundings: Surroundings

    /// How long the same message counts as the same (reliability.md B2, rule 5).
    static let sameWithin: Duration = .minutes(10)

    /// Keeps messages together. A refusal of one is thrown and undoes all; the caller then keeps each alone.
    func keep(_ ready: [ReadySubmission], in tx: any WriteTransaction) throws -> [SubmitOutcome] {
        try requireEnabled(ready, in: tx)
        let isNew = try note(ready, in: tx)
        let fresh = zip(ready, isNew).filter(\.1).map(\.0)
        try count(fresh, in: tx)
        var answers = try delivery.send(fresh.flatMap(\.sendings), in: tx)[...]
        return try zip(ready, isNew).map { submission, isNew in
            guard isNew else { return .alreadyKept }
            let outcome = try Self.outcome(of: Array(answers.prefix(submission.sendings.count)))
            answers = answers.dropFirst(submission.sendings.count)
            try record(outcome, submission.sendings.count, submission.account, submission.requester, in: tx)
            return outcome
        }
    }

    private static func outcome(of answers: [SubmissionOutcome]) throws -> SubmitOutcome {
        var (queued, held) = (0, 0)
        for (index, answer) in answers.enumerated() {
            switch answer {
            case .queued, .alreadySubmitted: queued += 1
            case .held: held += 1
            case .notSent(_, let reason): throw SubmitRefusal.notSent(position: index + 1, reason)
            }
        }
        return .kept(queued: queued, held: held)
    }

    /// Accounts may have been disabled since they signed in.
    private func requireEnabled(_ ready: [ReadySubmission], in tx: any WriteTransaction) throws {
        for account in Set(ready.map(\.account)) {
            guard let row = try AccountQueries.find(account.name, of: account.organization, in: tx),
                row.id == account.id, row.disabledAt == nil
            else { throw SubmitRefusal.accountDisabled }
        }
    }

    /// Which of the messages were not handed in before within the last minutes.
    private func note(_ ready: [ReadySubmission], in tx: any WriteTransaction) throws -> [Bool] {
        let now = surroundings.now()
        return try ready.map { submission in
            guard let digest = submission.digest else { return true }
            return try UsageQueries.note(
                digest,
                by: submission.account.id,
                since: now + .microseconds(-Self.sameWithin.wholeMicroseconds),
                at: now,
                of: submission.account.organization,
                in: tx
            )
        }
    }

    /// Counts messages against their accounts' limits of the hour. Accounts in the order of their identifiers: two
    /// transactions that count for the same accounts must not wait for each other.
    private func count(_ ready: [ReadySubmission], in tx: any WriteTransaction) throws {
        let hour = surroundings.now().microseconds / 3_600_000_000
        let byAccount = Dictionary(grouping: ready, by: \.account)
        for (account, submissions) in byAccount.sorted(by: {
            $0.key.id.bytes.lexicographicallyPrecedes($1.key.id.bytes)
        }) {
            let used = try UsageQueries.add(
                submissions.reduce(0) { $0 + $1.sendings.count },
                to: account.id,
                hour: hour,
                of: account.organization,
                in: tx
            )
            guard used <= account.messagesPerHour else { throw SubmitRefusal.tooManyMessages }
        }
    }

    /// Audits what came of one message.
    func record(
        _ outcome: SubmitOutcome,
        _ recipients: Int,
        _ account: SubmissionAccount,
        _ requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        var facts = ["recipients": "\(recipients)"]
        var isRefused = false
        switch outcome {
        case .kept(let queued, let held): facts.merge(["queued": "\(queued)", "held": "\(held)"]) { $1 }
        case .alreadyKept: facts["repeated"] = "true"
        case .refused(let refusal):
            facts["refused"] = refusal.word
            isRefused = true
        }
        try audit.record(
            AuditEntry(
                .submissionReceive,
                object: AuditObject(kind: "submission_account", account.id),
                outcome: isRefused ? .failed : .success,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }
}
