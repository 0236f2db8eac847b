// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardConsent
import WardDNS
import WardKernel
import WardMailCrypto
import WardSMTP
import WardStorage
import WardTestKit
import WardTrust
import WardVault

@testable import WardDelivery

/// Against a real Postfix on loopback, with everything on the wire recorded: with TLS, with a certificate for another name,
/// with TLS off. The message arrives once or waits in the portal, and never crosses in the clear (invariant I3, AT-6.1).
@Suite(.serialized, .enabled(if: TestPostfix.isAvailable, "Postfix is not installed, or the user is not root"))
struct PostfixDeliveryTests {
    private static let secret = "The biopsy of the left lung is benign."

    private struct Setting {
        let world: DeliveryWorld
        let delivery: Delivery
        let worker: DeliveryWorker
        let client: SMTPClient
    }

    /// A world whose mail for `tls.example` goes to the given port, as to the recipients' own server.
    private func with(
        _ kind: StoreKind,
        port: Int,
        authority: TestCertificateAuthority,
        configuration: DeliveryConfiguration = DeliveryConfiguration(schedule: .demo),
        _ body: (Setting) async throws -> Void
    ) async throws {
        let roots = TrustRoots([authority.root])
        try await DeliveryWorld.with(kind, surroundings: .machine) { world in
            let client = SMTPClient(heloName: "ward.example", roots: roots, surroundings: .machine)
            let transmitter = SMTPTransmitter(
                client: client,
                resolver: FixedResolver(),
                surroundings: .machine
            )
            let delivery = Delivery(
                store: world.store,
                vault: world.ground.vault,
                audit: world.ground.audit,
                consent: world.consent,
                sources: DeliverySources(
                    portal: world.portal,
                    audience: world.people,
                    people: world.people,
                    signers: world.signers
                ),
                transmitter: transmitter,
                configuration: configuration,
                surroundings: .machine
            )
            try await delivery.setRoute(
                Route(
                    domain: "tls.example",
                    host: "127.0.0.1",
                    port: port,
                    certificateName: "mx.tls.example",
                    isRecipientsServer: true
                ),
                by: .service("test", of: world.ground.organization)
            )
            do {
                try await body(
                    Setting(world: world, delivery: delivery, worker: DeliveryWorker(delivery), client: client)
                )
                await client.close()
            } catch {
                await client.close()
                throw error
            }
        }
    }

    private func send(
        _ setting: Setting,
        to person: ContactID,
        at local: String,
        requiresTLSOnward: Bool = false
    ) async throws -> MessageID {
        var terms = try setting.world.terms()
        terms.requiresTLSOnward = requiresTLSOnward
        let outcome = try await setting.delivery.send(
            Sensitive(ComposedContent(subject: "From your clinic", text: Self.secret)),
            terms: terms,
            to: .contact(person),
            at: try DeliveryWorld.address(local),
            by: setting.world.marketer
        )
        guard case .queued(let id, _) = outcome else { throw DeliveryWorld.Unexpected() }
        return id
    }

    /// Works until the message rests, at most ten seconds.
    private func settle(_ setting: Setting, _ id: MessageID) async throws -> DeliveryStanding? {
        for _ in 0..<500 {
            _ = try await setting.worker.runOnce()
            let standing = try await setting.delivery.summary(of: id, by: setting.world.marketer)?.standing
            if let standing, standing.isFinal || standing == .held { return standing }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await setting.delivery.summary(of: id, by: setting.world.marketer)?.standing
    }

    private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        Data(bytes).range(of: Data(text.utf8)) != nil
    }

    @Test(arguments: TestStore.kinds)
    func `what a real Postfix took carries two signatures that verify`(kind: StoreKind) async throws {
        let signers = try DKIMAlgorithm.allCases.map { algorithm in
            try DKIMSigner(
                domain: "lakeside.example",
                selector: algorithm.keyType,
                key: DKIMSigningKey.make(algorithm, randomBytes: Surroundings.machine.randomBytes)
            )
        }
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(kind, port: postfix.port, authority: postfix.authority) { setting in
                setting.world.signers.state.withLock { $0 = signers }
                let person = try await setting.world.makePerson()
                let id = try await send(setting, to: person, at: "anna")
                #expect(try await settle(setting, id) == .delivered)
                let received = try await postfix.waitForMessages(1)
                let message = try DKIMMessage(Array(received[0].content.replacing("\n", with: "\r\n").utf8))
                #expect(message.signatures.count == 2)
                for (signature, signer) in zip(message.signatures, signers) {
                    let record = DKIMKeyRecord(signer.key.algorithm, publicKey: signer.key.publicKey).text
                    let now = Surroundings.machine.now()
                    #expect(message.verdict(on: try signature.get(), records: [record], now: now) == .verified)
                }
            }
        }
    }

    /// Postfix of Debian 12 proves its name and does not know REQUIRETLS.
    @Test(arguments: TestStore.kinds)
    func `what may only be passed on over TLS waits in the portal where no server promises it, and only that`(
        kind: StoreKind
    ) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(kind, port: postfix.port, authority: postfix.authority) { setting in
                let person = try await setting.world.makePerson()
                let id = try await send(setting, to: person, at: "anna", requiresTLSOnward: true)
                #expect(try await settle(setting, id) == .waitingInPortal)
                #expect(setting.world.portal.deposited == [id])
                let explained = try await setting.delivery.explain(id, by: setting.world.marketer)
                #expect(explained.attempts.map(\.outcome).contains("requiretls_missing"))
                let other = try await send(setting, to: person, at: "anna")
                #expect(try await settle(setting, other) == .delivered)
                let received = try await postfix.waitForMessages(2)
                #expect(received.filter { $0.content.contains(Self.secret) }.count == 1)
                // What is known of the server is not asked again, and says nothing against its TLS.
                let again = try await send(setting, to: person, at: "anna", requiresTLSOnward: true)
                #expect(try await settle(setting, again) == .waitingInPortal)
                let known = try await setting.delivery.explain(again, by: setting.world.marketer)
                #expect(!known.attempts.map(\.outcome).contains("requiretls_missing"))
                let alerts = try await setting.delivery.destinationAlerts(by: setting.world.administrator)
                #expect(alerts.isEmpty)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `with TLS off the content waits in the portal and the notice alone arrives`(kind: StoreKind) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.certificateName = nil
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                try await with(kind, port: proxy.port, authority: postfix.authority) { setting in
                    let person = try await setting.world.makePerson()
                    let id = try await send(setting, to: person, at: "anna")
                    let standing = try await settle(setting, id)
                    #expect(standing == .waitingInPortal)
                    #expect(setting.world.portal.deposited == [id])
                    let received = try await postfix.waitForMessages(1)
                    #expect(received.count == 1)
                    #expect(received[0].content.contains("A message waits for you"))
                    #expect(!received[0].content.contains("biopsy"))
                    #expect(!contains(proxy.bytes, "biopsy"))
                    #expect(!contains(proxy.bytes, "From your clinic"))
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a notice reaches a server whose TLS is too old for Ward, and nothing else does`(
        kind: StoreKind
    ) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.settings = ["smtpd_tls_protocols = TLSv1"]
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                try await with(kind, port: proxy.port, authority: postfix.authority) { setting in
                    let person = try await setting.world.makePerson()
                    let id = try await send(setting, to: person, at: "dora")
                    let standing = try await settle(setting, id)
                    #expect(standing == .waitingInPortal)
                    let explained = try await setting.delivery.explain(id, by: setting.world.marketer)
                    #expect(explained.attempts.first?.outcome == "tls_handshake_failed")
                    let received = try await postfix.waitForMessages(1)
                    #expect(received.count == 1)
                    #expect(!received[0].content.contains("biopsy"))
                    #expect(!contains(proxy.bytes, "biopsy"))
                    #expect(!contains(proxy.bytes, "From your clinic"))
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate for another name sends nothing but the notice`(kind: StoreKind) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.certificateName = "mx.elsewhere.example"
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                try await with(kind, port: proxy.port, authority: postfix.authority) { setting in
                    let person = try await setting.world.makePerson()
                    let id = try await send(setting, to: person, at: "bert")
                    let standing = try await settle(setting, id)
                    #expect(standing == .waitingInPortal)
                    let explained = try await setting.delivery.explain(id, by: setting.world.marketer)
                    #expect(explained.attempts.first?.outcome == "certificate_name_mismatch")
                    let received = try await postfix.waitForMessages(1)
                    #expect(received.allSatisfy { !$0.content.contains("biopsy") })
                    #expect(!contains(proxy.bytes, "biopsy"))
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `with a certificate that proves the name the message arrives once, unseen on the wire`(
        kind: StoreKind
    ) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                try await with(kind, port: proxy.port, authority: postfix.authority) { setting in
                    let person = try await setting.world.makePerson()
                    let id = try await send(setting, to: person, at: "cara")
                    let standing = try await settle(setting, id)
                    #expect(standing == .delivered)
                    let received = try await postfix.waitForMessages(1)
                    #expect(received.count == 1)
                    #expect(received[0].content.contains(Self.secret))
                    #expect(!contains(proxy.bytes, "biopsy"))
                    let explained = try await setting.delivery.explain(id, by: setting.world.marketer)
                    let evidence = try #require(explained.attempts.first?.evidence)
                    #expect(evidence.tlsVersion == "TLSv1.3" || evidence.tlsVersion == "TLSv1.2")
                    #expect(evidence.certificate == "verified for mx.tls.example")
                    #expect(evidence.replyCode == 250)
                    #expect(evidence.route != nil)
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a mailbox that the server does not know is refused and suppressed`(kind: StoreKind) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.refused = ["nobody@tls.example"]
        try await TestPostfix.with(options) { postfix in
            try await with(kind, port: postfix.port, authority: postfix.authority) { setting in
                let person = try await setting.world.makePerson()
                let id = try await send(setting, to: person, at: "nobody")
                let standing = try await settle(setting, id)
                #expect(standing == .refused)
                let address = try DeliveryWorld.address("nobody")
                let suppression = try await setting.world.store.read { tx in
                    try setting.world.consent.suppression(
                        of: [address],
                        organization: setting.world.ground.organization,
                        in: tx
                    )
                }
                #expect(suppression == [.hardBounce])
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `three hundred messages arrive once each over few connections`(kind: StoreKind) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(kind, port: postfix.port, authority: postfix.authority) { setting in
                let world = setting.world
                let content = try setting.delivery.content(
                    try world.terms(),
                    template: try LiteralComposer.template(
                        of: Sensitive(ComposedContent(subject: "From your clinic", text: Self.secret))
                    ),
                    of: world.ground.organization
                )
                var drafts: [MessageDraft] = []
                for number in 0..<300 {
                    let person = try await world.makePerson()
                    let address = try DeliveryWorld.address("person\(number)")
                    drafts.append(MessageDraft(recipient: .contact(person), address: address))
                }
                let prepared = try await setting.delivery.prepare(drafts, content: content)
                try await world.store.write { tx in
                    try setting.delivery.store(content, in: tx)
                    _ = try setting.delivery.submit(prepared, by: world.marketer, in: tx)
                }
                let began = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await setting.worker.run() }
                    for _ in 0..<1_200 {
                        let counts = try await setting.delivery.counts(of: world.campaign, by: world.marketer)
                        if counts.pending == 0 { break }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    group.cancelAll()
                }
                print("300 messages to Postfix on \(kind.rawValue): \(ContinuousClock.now - began)")
                let received = try await postfix.waitForMessages(300)
                #expect(received.count == 300)
                #expect(Set(received.map(\.recipient)).count == 300)
                let counts = try await setting.delivery.counts(of: world.campaign, by: world.marketer)
                #expect(counts.count(.delivered) == 300)
            }
        }
    }
}
