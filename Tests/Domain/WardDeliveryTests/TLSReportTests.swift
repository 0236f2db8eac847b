// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardConsent
import WardCrypto
import WardDNS
import WardKernel
import WardMIME
import WardMailCrypto
import WardStorage
import WardTestKit
import WardTrust

@testable import WardDelivery

/// One report a day to each domain that asks for one, by mail or by POST, for a day at most (RFC 8460).
@Suite struct TLSReportTests {
    private struct Senders: ReportSenders {
        func reportSender(of organization: OrganizationID, in tx: any ReadTransaction) throws -> MailSender {
            guard let address = EmailAddress("messages@lakeside.example") else { throw DeliveryWorld.Unexpected() }
            return MailSender(name: "Lakeside Health", address: address)
        }
    }

    private static let key = Result {
        try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes)
    }

    /// The DNS as a test says, which it may change its mind about.
    private final class Zone: Resolver {
        let texts = Mutex<[String: DNSAnswer<String>]>([:])
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { .found([.loopback], isSecure: false) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noData(isSecure: false) }
        func texts(of name: String) async -> DNSAnswer<String> {
            texts.withLock { $0[name] } ?? .noSuchDomain(isSecure: false)
        }

        func publish(_ rua: String, for domain: String = "tls.example") {
            texts.withLock { $0["_smtp._tls.\(domain)"] = .found(["v=TLSRPTv1; rua=\(rua)"], isSecure: false) }
        }
    }

    private func with(
        _ kind: StoreKind,
        roots: TrustRoots = TrustRoots([]),
        _ body: (DeliveryWorld, Zone) async throws -> Void
    ) async throws {
        let zone = Zone()
        let web = WebFetcher(resolver: zone, roots: roots, surroundings: .machine, allowsPrivateAddresses: true)
        let reporting = TLSReporting(senders: Senders(), resolver: zone, web: web)
        try await DeliveryWorld.with(kind, reporting: reporting) { (world: DeliveryWorld) async throws in
            let signer = try DKIMSigner(domain: "lakeside.example", selector: "s1", key: Self.key.get())
            world.signers.state.withLock { $0 = [signer] }
            world.transmitter.state.withLock {
                $0.sessions = [TLSSessionTests.good, TLSSessionTests.bad(.certificateExpired)]
            }
            let person = try await world.makePerson()
            _ = try await world.queued(to: person, try world.terms())
            try await world.drain()
            try await body(world, zone)
        }
    }

    private func round(_ world: DeliveryWorld) async throws -> Int {
        try await world.delivery.sendTLSReports(of: world.ground.organization) { Issue.record($0) }
    }

    private func row(_ world: DeliveryWorld) async throws -> TLSReportRow {
        try #require(try await world.delivery.tlsReports(by: world.administrator).rows.last)
    }

    /// To the end of the day of the only report, and over the four hours in which it is due.
    private func passDay(_ world: DeliveryWorld) { world.clock.advance(by: .hours(28)) }

    private func facts(_ world: DeliveryWorld, _ action: String) async throws -> Int {
        try await world.store.read { tx in
            try tx.rows(
                """
                SELECT action FROM audit_entry WHERE organization = \(world.ground.organization)
                AND action = \(action)
                """
            ).count
        }
    }

    @Test("a report is due within four hours after its day, at a moment that chance gives", arguments: TestStore.kinds)
    func due(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            zone.publish("mailto:reports@tls.example")
            let report = try await row(world)
            let next = try #require(report.nextAt)
            let end = Timestamp(seconds: Int64(report.day.daysSince1970 + 1) * 86_400)
            #expect(next >= end && next < end + .hours(4))
            #expect(try await round(world) == 0)
            world.clock.advance(by: next.since(world.clock.now) - .seconds(1))
            #expect(try await round(world) == 0)
            world.clock.advance(by: .seconds(1))
            #expect(try await round(world) == 1)
            #expect(try await round(world) == 0)
        }
    }

    @Test(
        "by mail it is a signed multipart/report with the RFC's headers, in the ordinary queue",
        arguments: TestStore.kinds
    )
    func mail(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            zone.publish("mailto:reports@elsewhere.example")
            passDay(world)
            #expect(try await round(world) == 1)
            try await world.drain()
            let taken = try #require(world.transmitter.taken.last)
            #expect(taken.recipient.mailbox == "reports@elsewhere.example")
            #expect(taken.isOpportunistic && taken.ignoresPolicies)
            let text = String(decoding: taken.bytes, as: UTF8.self)
            let head = text.prefix(upTo: text.range(of: "\r\n\r\n")?.lowerBound ?? text.endIndex)
                .replacing("\r\n ", with: " ").replacing("\r\n\t", with: " ")
            #expect(head.contains("DKIM-Signature:") && head.contains("d=lakeside.example"))
            #expect(head.contains("multipart/report; report-type=\"tlsrpt\""))
            #expect(head.contains("TLS-Report-Domain: tls.example"))
            #expect(head.contains("TLS-Report-Submitter: lakeside.example"))
            #expect(head.contains("TLS-Required: No"))
            #expect(head.contains("Subject: Report Domain: tls.example Submitter: lakeside.example Report-ID: <"))
            let parsed = try ParsedMail.parse(taken.bytes)
            let leaves = parsed.body.leaves
            #expect(leaves.map(\.mediaType) == ["text/plain", "application/tlsrpt+gzip"])
            let report = try TLSReport(leaves[1].content)
            #expect(report.organization == "Lakeside Health")
            #expect(report.policies.map(\.successes) == [1] && report.policies.map(\.failures) == [1])
            #expect(report.policies[0].details.map(\.result) == ["certificate-expired"])
            let row = try await row(world)
            #expect(row.standing == .sent && row.place == "mailto:reports@elsewhere.example")
            let id = try #require(row.message)
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.messageClass == "transport_report" && explained.summary.standing == .delivered)
            #expect(explained.summary.recipient.contact == nil)
            #expect(try await facts(world, "tls_report.send") == 1)
            // The report's own session is not counted: no report is about a report.
            #expect(try await world.delivery.tlsReports(by: world.administrator).rows.count == 1)
            let view = try await world.delivery.tlsReport(about: "TLS.example", by: world.administrator)
            #expect(view?.json.contains("certificate-expired") == true)
            #expect(view?.fileName.hasPrefix("lakeside.example!tls.example!") == true)
        }
    }

    @Test(
        "the gate lets a report go where no TLS can be proved, and refuses an address that was given up",
        arguments: TestStore.kinds
    )
    func gate(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let address = try #require(EmailAddress("gone@tls.example"))
            try await world.store.write { tx in
                _ = try world.consent.suppress(
                    address,
                    reason: .hardBounce,
                    by: .service("test", of: world.ground.organization),
                    in: tx
                )
            }
            zone.publish("mailto:gone@tls.example,mailto:reports@tls.example")
            passDay(world)
            #expect(try await round(world) == 1)
            try await world.drain()
            #expect(try await row(world).place == "mailto:reports@tls.example")
            let id = try #require(try await row(world).message)
            #expect(try await world.standing(of: id) == .delivered)
        }
    }

    @Test(
        "the class of reports carries nothing to people, and a domain's owner gets nothing else",
        arguments: TestStore.kinds
    )
    func readers(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, _: Zone) async throws in
            let person = try await world.makePerson()
            let report = try world.terms(.transportReport, .routine) { $0.campaign = nil }
            guard case .notSent(_, .personUnknown) = try await world.send(to: person, report) else {
                Issue.record("A message to a person passed as a report.")
                return
            }
            let owner: DomainOwnerID = world.clock.surroundings.makeIdentifier()
            for messageClass in MessageClass.allCases where messageClass != .transportReport {
                let outcome = try await world.delivery.send(
                    Sensitive(ComposedContent(subject: "From your clinic", text: "The result is fine.")),
                    terms: try world.terms(messageClass, .routine) { $0.campaign = nil },
                    to: .domainOwner(owner),
                    at: try DeliveryWorld.address("reports"),
                    by: world.marketer
                )
                guard case .notSent = outcome else {
                    Issue.record("\(messageClass) went to a domain's owner.")
                    continue
                }
            }
        }
    }

    @Test("a report by mail is tried for a day, whatever other messages have", arguments: TestStore.kinds)
    func mailLifetime(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            zone.publish("mailto:reports@tls.example")
            passDay(world)
            world.transmitter.state.withLock { $0.standard = .failForNow }
            #expect(try await round(world) == 1)
            for _ in 0..<30 {
                try await world.drain()
                world.clock.advance(by: .hours(1))
            }
            let id = try #require(try await row(world).message)
            #expect(try await world.standing(of: id) == .expired)
        }
    }

    @Test("without a key that signs nothing goes by mail, and it does once there is one", arguments: TestStore.kinds)
    func unsigned(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            let signers = world.signers.state.withLock { $0 }
            world.signers.state.withLock { $0 = [] }
            zone.publish("mailto:reports@tls.example")
            passDay(world)
            #expect(try await round(world) == 0)
            #expect(try await row(world).standing == .waiting)
            world.signers.state.withLock { $0 = signers }
            world.clock.advance(by: .hours(1))
            #expect(try await round(world) == 1)
        }
    }

    @Test("a domain that asks for none gets none, and is not asked again", arguments: TestStore.kinds)
    func notAsked(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            passDay(world)
            #expect(try await round(world) == 0)
            #expect(try await row(world).standing == .notAsked)
            zone.publish("mailto:reports@tls.example")
            world.clock.advance(by: .hours(12))
            #expect(try await round(world) == 0)
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(
        "while reports are off nothing is sent, sessions are counted, and turning it needs a reason",
        arguments: TestStore.kinds
    )
    func off(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            let delivery = world.delivery
            zone.publish("mailto:reports@tls.example")
            #expect(try await delivery.sendsTLSReports(by: world.administrator))
            #expect(try await delivery.sendTLSReports(false, why: " ", by: world.administrator) != .done)
            #expect(try await facts(world, "tls_report.setting") == 0)
            #expect(try await delivery.sendTLSReports(false, why: "A relay reports", by: world.administrator) == .done)
            #expect(try await facts(world, "tls_report.setting") == 1)
            passDay(world)
            #expect(try await round(world) == 0)
            #expect(try await row(world).standing == .switchedOff)
            _ = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            #expect(try await delivery.tlsReports(by: world.administrator).rows.count == 2)
            #expect(try await delivery.sendTLSReports(true, why: "Ours again", by: world.administrator) == .done)
            passDay(world)
            #expect(try await round(world) == 1)
            await #expect(throws: AccessDenied.self) {
                try await delivery.sendTLSReports(true, why: "x", by: world.marketer)
            }
        }
    }

    @Test(
        "what nobody takes is tried again for a day and then given up, with a word in the audit log",
        arguments: TestStore.kinds
    )
    func givingUp(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            zone.texts.withLock { $0["_smtp._tls.tls.example"] = .temporaryFailure(.timeout) }
            passDay(world)
            let began = world.clock.now
            var tries = 0
            while try await row(world).standing == .waiting {
                let next = try #require(try await row(world).nextAt)
                if next > world.clock.now { world.clock.advance(by: next.since(world.clock.now)) }
                #expect(try await round(world) == 0)
                tries += 1
                guard tries < 50 else { break }
            }
            #expect(try await row(world).standing == .gaveUp)
            #expect(world.clock.now.since(began) == .hours(24))
            #expect((6...15).contains(tries))
            #expect(try await facts(world, "tls_report.fail") == 1)
        }
    }

    @Test("an answer that comes later is in time, within the day", arguments: TestStore.kinds)
    func later(kind: StoreKind) async throws {
        try await with(kind) { (world: DeliveryWorld, zone: Zone) async throws in
            zone.texts.withLock { $0["_smtp._tls.tls.example"] = .bogus }
            passDay(world)
            #expect(try await round(world) == 0)
            zone.publish("mailto:reports@tls.example")
            #expect(try await round(world) == 0)
            world.clock.advance(by: .minutes(15))
            #expect(try await round(world) == 1)
        }
    }

    /// Takes one request after another over TLS, tells it, and answers each with the next of the given statuses.
    private static let server = """
        import socket, ssl, sys, hashlib
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
        statuses = sys.argv[4:]
        print("ready", flush=True)
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
                    asked = b""
                    while b"\\r\\n\\r\\n" not in asked: asked += peer.recv(65536)
                    head, body = asked.split(b"\\r\\n\\r\\n", 1)
                    length = [int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length:")][0]
                    while len(body) < length: body += peer.recv(65536)
                    open(sys.argv[3], "wb").write(body)
                    status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
                    print(head.decode().replace("\\r\\n", "|") + "|" + status, flush=True)
                    peer.sendall(("HTTP/1.1 " + status + " X\\r\\nLocation: https://private.example/\\r\\nContent-Length: 0\\r\\n\\r\\n").encode())
                    peer.unwrap()
            except OSError as error:
                print(error, flush=True)
        """

    /// A world with a web server that takes reports.
    private struct Posting {
        let world: DeliveryWorld
        let zone: Zone
        let port: Int
        let file: URL
        let server: ChildProcess

        func body() throws -> [UInt8] { Array(try Data(contentsOf: file)) }
    }

    private func withServer(
        _ kind: StoreKind,
        statuses: [String],
        names: [String] = ["reports.example"],
        _ body: (Posting) async throws -> Void
    ) async throws {
        let folder = URL(fileURLWithPath: "/tmp/ward-tlsrpt-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestCertificateAuthority()
        let signed = try authority.sign(TestCertificateAuthority.Wish(names: names))
        let certificate = folder.appending(path: "certificate.pem")
        let got = folder.appending(path: "body")
        try Data("\(signed.pem)\n\(signed.keyPEM)\n".utf8).write(to: certificate)
        let port = try FreePort.find()
        let server = try ChildProcess(
            "/usr/bin/python3",
            ["-c", Self.server, certificate.path, "\(port)", got.path] + statuses,
            outputIn: folder.path,
            named: "server"
        )
        try await server.says("ready")
        try await with(kind, roots: TrustRoots([authority.root])) { (world: DeliveryWorld, zone: Zone) async throws in
            try await body(Posting(world: world, zone: zone, port: port, file: got, server: server))
        }
        server.send(signal: SIGKILL)
        _ = try await server.end()
    }

    @Test("over HTTPS the report is posted to a server that proves its name", arguments: TestStore.kinds)
    func post(kind: StoreKind) async throws {
        try await withServer(kind, statuses: ["201"]) { (posting: Posting) async throws in
            let (world, zone, port) = (posting.world, posting.zone, posting.port)
            zone.publish("https://reports.example:\(port)/v1/tlsrpt,mailto:reports@tls.example")
            passDay(world)
            #expect(try await round(world) == 1)
            #expect(posting.server.output.contains("POST /v1/tlsrpt HTTP/1.1|"))
            #expect(posting.server.output.lowercased().contains("content-type: application/tlsrpt+gzip|"))
            let report = try TLSReport(try posting.body())
            #expect(report.policies.map(\.domain) == ["tls.example"])
            #expect(report.identifier.hasSuffix(".tls.example@lakeside.example"))
            let row = try await row(world)
            #expect(row.standing == .sent && row.message == nil)
            #expect(row.place == "https://reports.example:\(port)/v1/tlsrpt")
            #expect(try await facts(world, "tls_report.send") == 1)
            try await world.drain()
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(
        "a server that refuses or sends elsewhere has not taken it: the next address gets it",
        arguments: ["500", "302"]
    )
    func nextAddress(status: String) async throws {
        try await withServer(.sqlite, statuses: [status]) { (posting: Posting) async throws in
            let (world, zone, port) = (posting.world, posting.zone, posting.port)
            zone.publish("https://reports.example:\(port)/a,mailto:reports@tls.example")
            passDay(world)
            #expect(try await round(world) == 1)
            #expect(posting.server.output.contains("POST /a"))
            #expect(try await row(world).place == "mailto:reports@tls.example")
        }
    }

    @Test("a server that proves another name gets nothing", arguments: TestStore.kinds)
    func otherName(kind: StoreKind) async throws {
        try await withServer(kind, statuses: ["200"], names: ["other.example"]) { (posting: Posting) async throws in
            let (world, zone, port) = (posting.world, posting.zone, posting.port)
            zone.publish("https://reports.example:\(port)/a")
            passDay(world)
            #expect(try await round(world) == 0)
            #expect(!posting.server.output.contains("POST"))
            #expect(try await row(world).standing == .waiting)
        }
    }

    @Test("what was sent is shown as it was, and what is not yet sent as it would be", arguments: TestStore.kinds)
    func show(kind: StoreKind) async throws {
        try await withServer(kind, statuses: ["503", "200"]) { (posting: Posting) async throws in
            let (world, zone, port) = (posting.world, posting.zone, posting.port)
            zone.publish("https://reports.example:\(port)/a")
            let day = try await row(world).day
            func view() async throws -> TLSReportView {
                try #require(
                    try await world.delivery.tlsReport(about: "tls.example", on: day, by: world.administrator)
                )
            }
            let before = try await view()
            #expect(before.row.standing == .waiting && before.results.map(\.sessions) == [1, 1])
            passDay(world)
            #expect(try await round(world) == 0)
            world.clock.advance(by: .minutes(15))
            #expect(try await round(world) == 1)
            let after = try await view()
            #expect(after.row.standing == .sent)
            #expect(after.json == before.json)
            #expect(try OutgoingTLSReport.text(ofCompressed: try posting.body()) == after.json)
            let delivery = world.delivery
            #expect(
                try await delivery.tlsReport(about: "tls.example", on: day.adding(days: 1), by: world.administrator)
                    == nil
            )
            #expect(try await delivery.tlsReport(about: "nobody.example", by: world.administrator) == nil)
        }
    }
}
