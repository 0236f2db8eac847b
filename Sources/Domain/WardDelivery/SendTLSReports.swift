// SPDX-License-Identifier: Apache-2.0
//
// A day's report about TLS to each domain that asks for one (RFC 8460): due at a moment of its own within four hours after the day,
// handed over at the first of the published addresses that takes it, tried for a day. By mail it goes the ordinary way, as a class
// of its own; by POST over verified TLS, with its addresses checked as those of any server that a stranger names.

import Foundation
import WardAudit
import WardConsent
package import WardDNS
package import WardKernel
package import WardStorage
package import WardTrust
import WardVault

/// In whose name reports go out. The server wires it to WardIdentity.
package protocol ReportSenders: Sendable {
    func reportSender(of organization: OrganizationID, in tx: any ReadTransaction) throws -> MailSender
}

/// How reports get to the owners of domains.
package struct TLSReporting: Sendable {
    let senders: any ReportSenders
    let resolver: any Resolver
    let web: WebFetcher

    package init(senders: any ReportSenders, resolver: any Resolver, web: WebFetcher) {
        self.senders = senders
        self.resolver = resolver
        self.web = web
    }
}

/// A report that this process is to hand over now.
private struct ClaimedReport: Sendable {
    let place: TLSReportQueries.Place
    let report: OutgoingTLSReport
    let sender: MailSender
    /// This is the last try.
    let isLast: Bool
}

extension Delivery {
    private static let reportsAtOnce = 100
    /// For how long a report is tried (RFC 8460 section 5.5).
    private static let reportLifetime = Duration.hours(24)
    private static let firstReportPause = Duration.minutes(15)
    private static let longestReportPause = Duration.hours(4)

    /// Hands over the reports that are due. One that fails holds up no other.
    ///
    /// - Parameter failed: hears of each report that met an accident; it is tried again.
    /// - Returns: how many were handed over.
    @discardableResult
    package func sendTLSReports(
        of organization: OrganizationID,
        failed: @Sendable (any Error) -> Void = { _ in }
    ) async throws -> Int {
        guard let reporting else { return 0 }
        let due = try await store.read { tx in
            try TLSReportQueries.due(
                at: self.surroundings.now(),
                limit: Self.reportsAtOnce,
                of: organization,
                in: tx
            )
        }
        var sent = 0
        for report in due {
            do {
                if try await handOver(report, reporting) { sent += 1 }
            } catch let error as CancellationError {
                throw error
            } catch {
                failed(error)
            }
        }
        return sent
    }

    private func handOver(_ due: TLSReportQueries.Stored, _ reporting: TLSReporting) async throws -> Bool {
        let claimed = try await store.write { tx in try self.claim(due, reporting, in: tx) }
        guard let claimed else { return false }
        switch await reporting.resolver.texts(of: "_smtp._tls.\(claimed.report.domain)") {
        case .noSuchDomain, .noData: return try await end(claimed, .notAsked)
        case .temporaryFailure, .bogus: break
        case .found(let texts, _):
            let endpoints = TLSReportRecord.find(in: texts)?.endpoints ?? []
            if endpoints.isEmpty { return try await end(claimed, .notAsked) }
            for endpoint in endpoints {
                let isTaken =
                    switch endpoint {
                    case .mail(let address): try await mail(claimed, to: address)
                    case .web(let request): try await post(claimed, to: request, reporting.web)
                    }
                if isTaken { return true }
            }
        }
        return claimed.isLast ? try await end(claimed, .gaveUp) : false
    }

    /// Nil where there is nothing to hand over: another node has it, or reports are turned off.
    private func claim(
        _ due: TLSReportQueries.Stored,
        _ reporting: TLSReporting,
        in tx: any WriteTransaction
    ) throws -> ClaimedReport? {
        let now = surroundings.now()
        guard try TLSReportQueries.isOn(for: due.place.organization, in: tx) else {
            _ = try TLSReportQueries.end(due.place, .switchedOff, at: now, in: tx)
            return nil
        }
        let until = (due.firstTriedAt ?? now) + Self.reportLifetime
        let pause = min(Self.firstReportPause * (1 << min(due.tries, 5)), Self.longestReportPause)
        let nextAt = now < until ? min(now + pause, until) : now + pause
        guard try TLSReportQueries.claim(due, nextAt: nextAt, at: now, in: tx) else { return nil }
        let sender = try reporting.senders.reportSender(of: due.place.organization, in: tx)
        return ClaimedReport(
            place: due.place,
            report: try report(due, from: sender, in: tx),
            sender: sender,
            isLast: now >= until
        )
    }

    /// The report that the counted sessions make.
    func report(
        _ stored: TLSReportQueries.Stored,
        from sender: MailSender,
        in tx: any ReadTransaction
    ) throws -> OutgoingTLSReport {
        var policies: [OutgoingTLSReport.Policy] = []
        for (session, count) in try sessions(stored.place, in: tx) {
            let position = policies.firstIndex { $0.policy == session.policy } ?? policies.endIndex
            if position == policies.endIndex {
                policies.append(OutgoingTLSReport.Policy(session.policy, successes: 0, failures: []))
            }
            if let result = session.result {
                policies[position].failures.append(
                    OutgoingTLSReport.Failure(
                        result,
                        sessions: count,
                        sendingAddress: session.ownAddress,
                        host: session.host,
                        helo: session.serverName,
                        address: session.address,
                        reason: session.reason
                    )
                )
            } else {
                policies[position].successes += count
            }
        }
        return OutgoingTLSReport(
            organization: sender.name,
            contact: sender.replyTo ?? sender.address,
            submitter: sender.address.domain,
            domain: try domain(of: stored, in: tx),
            day: stored.place.day,
            policies: policies
        )
    }

    /// Into the queue, together with the note that it was sent. False: the gate refuses, as for an address that was given up,
    /// or nothing would sign it, so that whoever gets it had to ignore it (RFC 8460 section 3).
    private func mail(_ claimed: ClaimedReport, to address: EmailAddress) async throws -> Bool {
        let file = try claimed.report.compressed()
        var terms = MessageTerms(messageClass: .transportReport, sensitivity: .routine, sender: claimed.sender)
        terms.priority = 0
        let content = Self.words(of: claimed.report, file: file)
        let owner: DomainOwnerID = surroundings.makeIdentifier()
        let made = try await prepare(
            Sensitive(content),
            terms: terms,
            to: [MessageDraft(recipient: .domainOwner(owner), address: address)],
            by: Self.service(claimed.place.organization)
        )
        guard made.allSatisfy(\.isSigned) else { return false }
        return try await store.write { tx in
            switch try self.send(made, in: tx)[0] {
            case .queued(let id, _), .held(let id, _):
                return try self.keepSent(claimed, file, to: "mailto:\(address.mailbox)", message: id, in: tx)
            case .notSent, .alreadySubmitted: return false
            }
        }
    }

    private static func words(of report: OutgoingTLSReport, file: [UInt8]) -> ComposedContent {
        var content = ComposedContent(
            subject: report.subject,
            text: """
                This is an aggregate TLS report from \(report.submitter) about connections to the mail servers of \
                \(report.domain).

                """,
            headers: [
                MailHeader(name: "TLS-Report-Domain", value: report.domain),
                MailHeader(name: "TLS-Report-Submitter", value: report.submitter),
                // RFC 8689 section 5: servers on its way are not to hold it back either.
                MailHeader(name: "TLS-Required", value: "No"),
                MailHeader(name: "Auto-Submitted", value: "auto-generated"),
            ],
            files: [
                ComposedAttachment(
                    fileName: report.fileName,
                    mediaType: OutgoingTLSReport.mediaType,
                    content: Data(file)
                )
            ]
        )
        content.reportType = "tlsrpt"
        return content
    }

    private func post(_ claimed: ClaimedReport, to request: WebRequest, _ web: WebFetcher) async throws -> Bool {
        let file = try claimed.report.compressed()
        var request = request
        request.body = file
        request.bodyType = OutgoingTLSReport.mediaType
        request.takesEverySuccess = true
        guard case .success = await web.fetch(request) else { return false }
        let port = request.port.map { ":\($0)" } ?? ""
        let place = "https://\(request.host)\(port)\(request.path)"
        return try await store.write { tx in
            try self.keepSent(claimed, file, to: place, message: nil, in: tx)
        }
    }

    private func keepSent(
        _ claimed: ClaimedReport,
        _ file: [UInt8],
        to place: String,
        message: MessageID?,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let sent = SentTLSReport(place: place, file: Data(file), fileName: claimed.report.fileName)
        let sealed = try vault.seal(
            Sensitive(Array(try JSONEncoder().encode(sent))),
            at: Self.sealed(.tlsReport, claimed.place),
            in: tx
        )
        let isEnded = try TLSReportQueries.end(
            claimed.place,
            .sent,
            sealedPlace: sealed,
            message: message,
            at: surroundings.now(),
            in: tx
        )
        if isEnded { try record(.tlsReportSend, claimed, ["way": message == nil ? "https" : "mail"], in: tx) }
        return true
    }

    private func end(_ claimed: ClaimedReport, _ standing: TLSReportStanding) async throws -> Bool {
        try await store.write { tx in
            let isEnded = try TLSReportQueries.end(claimed.place, standing, at: self.surroundings.now(), in: tx)
            if isEnded, standing == .gaveUp { try self.record(.tlsReportFail, claimed, [:], in: tx) }
            return false
        }
    }

    private func record(
        _ action: AuditAction,
        _ claimed: ClaimedReport,
        _ more: [String: String],
        in tx: any WriteTransaction
    ) throws {
        let report = claimed.report
        let facts = [
            "day": "\(CalendarDate(daysSince1970: report.day))", "successes": "\(report.successes)",
            "failures": "\(report.failures)",
        ]
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "destination", identifier: claimed.place.destination),
                facts: facts.merging(more) { $1 }
            ),
            by: Self.service(claimed.place.organization),
            in: tx
        )
    }
}

/// A report as it was sent.
struct SentTLSReport: Codable, Sendable {
    var place: String
    /// Compressed.
    var file: Data
    var fileName: String
}
