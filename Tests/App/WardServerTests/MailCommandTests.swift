// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Synchronization
import Testing
import WardCommands
import WardDNS
import WardIdentity
import WardKernel
import WardSenderDomains
import WardStorage
import WardTelemetry
import WardTrust

@testable import WardDelivery
@testable import WardServer

/// `ward mail keys`, `ward mail dns` and the doctor's line, on a real installation whose DNS is the test's.
@Suite struct MailCommandTests {
    private final class Zone: Resolver {
        let texts = Mutex<[String: String]>([:])
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { .noSuchDomain(isSecure: false) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noSuchDomain(isSecure: false) }
        func texts(of name: String) async -> DNSAnswer<String> {
            texts.withLock { $0[name] }.map { .found([$0], isSecure: false) } ?? .noSuchDomain(isSecure: false)
        }
    }

    private final class Collected: CommandOutput, CommandFiles {
        let isTerminal = false
        let width = 120
        let lines = Mutex<[String]>([])
        func line(_ text: String) async { lines.withLock { $0.append(text) } }
        func problem(_ text: String) async { lines.withLock { $0.append("! " + text) } }
        func progress(_ text: String) async {}
        func endProgress() async {}
        /// What every file holds.
        let file: String
        init(file: String) { self.file = file }
        func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
            AsyncThrowingStream { stream in
                stream.yield(Array(file.utf8))
                stream.finish()
            }
        }
        func write(_ path: String, _ bytes: [UInt8]) async throws {}
    }

    /// An installation in a folder of its own, and a way to type commands at it.
    private struct Place: Sendable {
        let installation: Installation
        let zone: Zone

        func type(
            _ words: String...,
            file: String = ""
        ) async throws -> (status: WardCommands.ExitStatus, text: String) {
            let command = try #require(try WardCommand.parseAsRoot(words) as? any FacadeCommand)
            let collected = Collected(file: file)
            let status: WardCommands.ExitStatus
            do {
                status = try await installation.run(command, user: getuid(), output: collected, files: collected)
            } catch {
                status = await CommandProblems.report(error, to: collected)
            }
            return (status, collected.lines.withLock { $0.joined(separator: "\n") })
        }
    }

    private func with(_ body: (Place) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/ward-mail-\(UInt64.random(in: 0 ... .max))"
        // What cannot be removed from the temporary folder does not fail a test.
        defer {
            for path in [folder, folder + "-keys"] { try? FileManager.default.removeItem(atPath: path) }
        }
        let zone = Zone()
        var outside = OutsideWorld.real
        outside.resolver = zone
        let values = try SettingValues(file: "mail:\n  hostName: ward.lakeside.example\n", environment: [:])
        let (installation, _) = try await InitializeInstallation.run(
            InitializeInstallation.Answers(
                details: OrganizationDetails(
                    name: "Lakeside Health",
                    postalAddress: "1 Shore Road, Lakeside, MN 55001",
                    timeZone: "America/Chicago",
                    senderDomain: "lakeside.example",
                    staffAddress: "http://127.0.0.1:8080",
                    patientAddress: "http://127.0.0.1:8081"
                ),
                administrator: NewStaffAccount(
                    name: "Dana Reyes",
                    email: try #require(EmailAddress("dana@lakeside.example")),
                    roles: [.administrator]
                )
            ),
            in: DataDirectory(path: folder),
            configuration: ServerConfiguration(values: values, dataDirectory: folder),
            outside: outside,
            telemetry: Telemetry(sink: { _ in })
        )
        do {
            try await body(Place(installation: installation, zone: zone))
            await installation.close()
        } catch {
            await installation.close()
            throw error
        }
    }

    @Test func `keys are made, refused while unpublished, activated and retired from the command line`() async throws {
        try await with { place in
            #expect(try await place.type("mail", "keys", "list").text.contains("mail leaves unsigned"))
            let made = try await place.type("mail", "keys", "make", "--reason", "First keys")
            #expect(made.status == .done)
            let requester = Requester.service("test", of: try await place.installation.organization(named: nil).id)
            let keys = try await place.installation.modules.senderDomains.keys(by: requester)
            let rsa = try #require(keys.first)
            // A zone file's line: two strings for RSA, whose text is longer than one may be.
            #expect(made.text.contains("\(rsa.recordName). IN TXT \"v=DKIM1; k=rsa; p="))
            #expect(made.text.contains("\" \""))

            let early = try await place.type("mail", "keys", "activate", rsa.selector)
            #expect(early.status == .negative)
            #expect(early.text.contains("Not in the DNS."))
            #expect(try await place.type("mail", "dns").status == .negative)

            for key in keys {
                place.zone.texts.withLock { $0[key.recordName] = key.recordText }
                let active = try await place.type("mail", "keys", "activate", key.selector)
                #expect(active.status == .done, "\(active.text)")
            }
            place.zone.texts.withLock { $0["lakeside.example"] = "v=spf1 a:ward.lakeside.example -all" }
            let lacking = try await place.type("mail", "dns")
            #expect(lacking.status == .negative)
            #expect(lacking.text.contains("✗ DMARC: Not in the DNS."))
            place.zone.texts.withLock { $0["_dmarc.lakeside.example"] = "v=DMARC1; p=reject" }
            let whole = try await place.type("mail", "dns")
            #expect(whole.status == .done, "\(whole.text)")

            let retired = try await place.type("mail", "keys", "retire", keys[1].selector, "--reason", "A test")
            #expect(retired.text.contains("Leave its record in the DNS until"))
            let unknown = try await place.type("mail", "keys", "retire", "nothing", "--reason", "A test")
            #expect(unknown.status == .failed)
            #expect(unknown.text == "! There is no signing key with this selector.")
        }
    }

    @Test func `destinations are empty before the first message, and a report of others is read`() async throws {
        try await with { place in
            let none = try await place.type("mail", "destinations")
            #expect(none.status == .done)
            #expect(none.text == "Nothing was sent or looked at yet.")
            let unknown = try await place.type("mail", "domain", "partner.example")
            #expect(unknown.status == .negative)
            #expect(unknown.text.contains("Nothing was sent to this domain"))
            func report(_ domain: String, failures: Int) -> String {
                """
                {"organization-name": "Partner", "report-id": "1", "date-range": {"start-datetime": "2026-11-01T00:00:00Z",
                "end-datetime": "2026-11-01T23:59:59Z"}, "policies": [{"policy": {"policy-type": "sts",
                "policy-domain": "\(domain)"}, "summary": {"total-successful-session-count": 9,
                "total-failure-session-count": \(failures)}, "failure-details": [{"result-type": "certificate-expired",
                "receiving-mx-hostname": "mx.lakeside.example", "failed-session-count": \(failures)}]}]}
                """
            }
            let good = try await place.type("mail", "tls-report", "r", file: report("lakeside.example", failures: 0))
            #expect(good.status == .done)
            #expect(good.text.contains("✓ lakeside.example (sts): 9 protected, 0 failed"))
            let bad = try await place.type("mail", "tls-report", "r", file: report("other.example", failures: 4))
            #expect(bad.status == .negative)
            #expect(bad.text.contains("4 × certificate-expired at mx.lakeside.example"))
            #expect(bad.text.contains("! other.example is not the sender domain."))
            let broken = try await place.type("mail", "tls-report", "r", file: "{}")
            #expect(broken.status == .failed)
            #expect(broken.text.contains("The file is no TLS report"))
        }
    }

    @Test("reports about TLS are listed, shown and turned off from the command line")
    func reportsAboutTLS() async throws {
        try await with { place in
            let none = try await place.type("mail", "tls-reports")
            #expect(none.status == .done && none.text == "No session was counted yet.")
            let unknown = try await place.type("mail", "tls-reports", "show", "partner.example")
            #expect(unknown.status == .negative && unknown.text.contains("No session with this domain"))
            let off = try await place.type("mail", "tls-reports", "set", "off", "--reason", "A relay reports")
            #expect(off.status == .done, "\(off.text)")
            #expect(try await place.type("mail", "tls-reports", "list").text.contains("Reports are turned off."))
            #expect(try await place.type("mail", "tls-reports", "set", "on", "--reason", "Ours").status == .done)
            #expect(try await place.type("mail", "tls-reports", "list", "--limit", "5").status == .done)
            let organization = try await place.installation.organization(named: nil).id
            let (delivery, store) = (place.installation.modules.delivery, place.installation.store)
            let now = Surroundings.machine.now()
            try await store.write { tx in
                let hashes = try delivery.destinations.hashes(
                    of: ["partner.example"],
                    organization: organization,
                    in: tx
                )
                let here = TLSReportQueries.Place(
                    organization: organization,
                    day: Delivery.day(of: now),
                    destination: hashes["partner.example"] ?? []
                )
                let bad = TLSSession(policy: .none, result: .certificateExpired, host: "mx.partner.example")
                for session in [TLSSession(policy: .none), bad] {
                    try delivery.count(session, here, domain: "partner.example", at: now, in: tx)
                }
            }
            let list = try await place.type("mail", "tls-reports", "list", "--only-failures")
            #expect(list.status == .negative && list.text.contains("partner.example"))
            let shown = try await place.type("mail", "tls-reports", "show", "partner.example")
            #expect(shown.status == .done)
            #expect(
                shown.text.contains("certificate-expired") && shown.text.contains("lakeside.example!partner.example!")
            )
            let day = CalendarDate(daysSince1970: Delivery.day(of: now) - 1)
            #expect(
                try await place.type("mail", "tls-reports", "show", "partner.example", "--day", "\(day)").status
                    == .negative
            )
        }
    }

    @Test func `the doctor says what an organization's mail lacks`() async throws {
        try await with { place in
            let installation = place.installation
            let organization = try await installation.organization(named: nil)
            func finding() async throws -> Diagnosis.Finding {
                let report = try await SenderDomains.diagnose(
                    organization,
                    in: installation.store,
                    resolver: place.zone,
                    mailHostName: "ward.lakeside.example",
                    now: installation.surroundings.now()
                )
                return Diagnosis.finding(report)
            }
            #expect(try await finding().sentence.contains("leaves unsigned"))
            let requester = Requester.service("test", of: organization.id)
            let domains = installation.modules.senderDomains
            for key in try await domains.makeKeys(why: "A test", by: requester) {
                place.zone.texts.withLock { $0[key.recordName] = key.recordText }
                _ = try await domains.activate(selector: key.selector, by: requester)
            }
            #expect(try await finding().sentence.hasPrefix("SPF at lakeside.example missing, DMARC at"))
            place.zone.texts.withLock {
                $0["lakeside.example"] = "v=spf1 a:ward.lakeside.example -all"
                $0["_dmarc.lakeside.example"] = "v=DMARC1; p=reject"
            }
            #expect(try await finding().verdict == .good)
        }
    }
}
