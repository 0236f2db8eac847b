// SPDX-License-Identifier: Apache-2.0

import Testing
import WardConsent
import WardDelivery
import WardIdentity
import WardKernel
import WardStorage
import WardSubmission
import WardTestKit

@testable import WardServer

/// Mail that programs hand in, kept together with what is ready at the same time.
@Suite struct SubmissionTests {
    private struct Program {
        let world: WiredWorld
        let account: SubmissionAccount
        let login: String
        let password: Sensitive<String>
        var submission: Submission { world.modules.submission }

        init(_ world: WiredWorld, messagesPerHour: Int = 500) async throws {
            self.world = world
            _ = try await world.importPeople(12)
            let administrator = TestRequester.with(roles: [.administrator], of: world.organization)
            let made = try await world.modules.submission.makeAccount(
                SubmissionAccountDraft(name: "ehr", messagesPerHour: messagesPerHour),
                by: administrator
            )
            let signedIn = try await Self.signIn(world.modules.submission, made.login, made.password)
            guard case .authenticated(let account) = signedIn else { throw WiredWorld.Unexpected() }
            (self.account, login, password) = (account, made.login, made.password)
        }

        static func signIn(
            _ submission: Submission,
            _ login: String,
            _ password: Sensitive<String>
        ) async throws -> SASLOutcome {
            let response = password.map { Array("\0\(login)\0\($0)".utf8) }
            return try await submission.authenticate(
                "PLAIN",
                response,
                exchange: nil,
                from: SigningClient(networkAddress: "127.0.0.1")
            )
        }

        func signIn(_ password: Sensitive<String>) async throws -> SASLOutcome {
            try await Self.signIn(submission, login, password)
        }

        /// A letter with its header, in CRLF.
        func handIn(letter: String, to names: [String]) async throws -> SubmitOutcome {
            try await submission.submit(
                Sensitive(Array(letter.utf8)),
                to: try names.map(WiredWorld.address),
                by: account,
                from: "127.0.0.1"
            )
        }

        func handIn(
            _ identifier: String,
            to names: [String],
            requiresTLSOnward: Bool = false
        ) async throws -> SubmitOutcome {
            let letter = """
                From: results@lakeside.example\r
                Subject: Your visit\r
                Message-ID: <\(identifier)@ehr.example>\r
                \r
                Please call us about your visit.\r

                """
            return try await submission.submit(
                Sensitive(Array(letter.utf8)),
                to: try names.map(WiredWorld.address),
                requiresTLSOnward: requiresTLSOnward,
                by: account,
                from: "127.0.0.1"
            )
        }

        func count(_ table: SQL) async throws -> Int {
            try await world.store.read { tx in
                try tx.first("SELECT COUNT(*) FROM \(fragment: table)") ?? 0
            }
        }

        func kept() async throws -> Int { try await count("delivery") }
        func refusals() async throws -> Int {
            try await count("audit_entry WHERE action = 'submission.receive' AND outcome = 'failed'")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `of messages handed in at the same time a refused one leaves the others kept and nothing of itself`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            try await world.modules.consent.suppress(
                try WiredWorld.address("p3"),
                reason: .complaint,
                by: .service("test", of: world.organization)
            )
            let outcomes = try await withThrowingTaskGroup(of: (Int, SubmitOutcome).self) { group in
                for number in 0..<12 {
                    group.addTask {
                        // The fourth has two recipients: the first could be written to, and is not.
                        let names = number == 3 ? ["p2", "p3"] : ["p\(number)"]
                        return (number, try await program.handIn("m\(number)", to: names))
                    }
                }
                return try await group.reduce(into: [Int: SubmitOutcome]()) { $0[$1.0] = $1.1 }
            }
            for number in 0..<12 where number != 3 {
                guard case .kept = outcomes[number] else {
                    Issue.record("message \(number): \(String(describing: outcomes[number]))")
                    continue
                }
            }
            #expect(outcomes[3] == .refused(.notSent(position: 2, .addressSuppressed)))
            #expect(try await program.kept() == 11)
            #expect(try await program.refusals() == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the same message is kept once within ten minutes, at the same time too, and again after them`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for _ in 0..<5 { group.addTask { try await program.handIn("same", to: ["p1"]) } }
                return try await group.reduce(into: [SubmitOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == .alreadyKept }.count == 4)
            #expect(try await program.kept() == 1)
            world.clock.advance(by: .minutes(9))
            #expect(try await program.handIn("same", to: ["p1"]) == .alreadyKept)
            world.clock.advance(by: .minutes(2))
            #expect(try await program.handIn("same", to: ["p1"]) != .alreadyKept)
            #expect(try await program.kept() == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what is forgotten after ten minutes takes no room and does not change the hour's count`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world, messagesPerHour: 3)
            for number in 0..<2 { _ = try await program.handIn("m\(number)", to: ["p1"]) }
            #expect(try await program.count("submission_seen") == 2)
            world.clock.advance(by: .minutes(11))
            try await program.submission.purge(world.organization)
            #expect(try await program.count("submission_seen") == 0)
            let (third, fourth) = (
                try await program.handIn("m2", to: ["p1"]), try await program.handIn("m3", to: ["p1"])
            )
            #expect(third != .refused(.tooManyMessages) && fourth == .refused(.tooManyMessages))
            world.clock.advance(by: .hours(1))
            #expect(try await program.handIn("m3", to: ["p1"]) != .refused(.tooManyMessages))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `messages at the same time do not exceed an account's hour together`(kind: StoreKind) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world, messagesPerHour: 5)
            let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for number in 0..<9 { group.addTask { try await program.handIn("m\(number)", to: ["p\(number)"]) } }
                return try await group.reduce(into: [SubmitOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == .refused(.tooManyMessages) }.count == 4)
            #expect(try await program.kept() == 5)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a program asks to be passed on over TLS alone is decided and kept so`(kind: StoreKind) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            let administrator = TestRequester.with(roles: [.administrator], of: world.organization)
            for (number, isRequired) in [true, false].enumerated() {
                _ = try await program.handIn("m\(number)", to: ["p\(number)"], requiresTLSOnward: isRequired)
                let person = try await world.person("p-\(number)")
                let kept = try await world.modules.delivery.messages(to: person, by: world.marketer)
                let explained = try await world.modules.delivery.explain(try #require(kept.first).id, by: administrator)
                let transport = explained.decisions.first?.answers.first { $0.question == .transport }
                guard case .allows(let methods, let note) = transport?.answer else {
                    Issue.record("nothing was said about transport")
                    return
                }
                #expect(note.hasPrefix("requiretls_") == isRequired)
                #expect(methods.contains(.opportunisticTLS) != isRequired)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a password that was proved once counts only for itself, and not for a disabled account`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            for _ in 0..<2 {
                guard case .authenticated = try await program.signIn(program.password) else {
                    Issue.record("the right password was refused")
                    return
                }
            }
            for wrong in ["", "x", "wrong-password"] {
                if case .authenticated = try await program.signIn(Sensitive(wrong)) {
                    Issue.record("a wrong password was taken")
                }
            }
            let administrator = TestRequester.with(roles: [.administrator], of: world.organization)
            try await program.submission.disableAccount("ehr", by: administrator)
            if case .authenticated = try await program.signIn(program.password) {
                Issue.record("a disabled account signed in")
            }
            #expect(try await program.handIn("late", to: ["p1"]) == .refused(.accountDisabled))
            #expect(try await program.kept() == 0)
            let signIns: SQL = "audit_entry WHERE action = 'submission.sign_in'"
            #expect(try await program.count("\(fragment: signIns) AND outcome = 'success'") == 3)
        }
    }

    /// As a mail program signs, with something beside the text.
    private static func signed(_ words: String, preamble: String = "", field: String = "X-Note: x") -> String {
        """
        From: results@lakeside.example
        Subject: Your visit
        Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary="sig"

        \(preamble)
        --sig
        Content-Type: text/plain; charset=utf-8
        \(field)

        \(words)
        --sig
        Content-Type: application/pgp-signature; name=signature.asc

        -----BEGIN PGP SIGNATURE-----
        --sig--

        """.replacing("\n", with: "\r\n")
    }

    @Test(arguments: TestStore.kinds)
    func `signed mail is kept as it is, but not encrypted, nor what would arrive otherwise or tell of others`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            let text = "Please call us about your visit."
            let named = Self.signed(text, field: "To: p1@mail.example, p2@mail.example")
            let refused: [(String, SubmitRefusal)] = [
                (Self.signed(text).replacing("multipart/signed", with: "multipart/encrypted"), .alreadyProtected),
                (Self.signed(text).replacing("text/plain", with: "multipart/signed; boundary=x"), .alreadyProtected),
                (Self.signed("Bitte rufen Sie zurück."), .signedNotSevenBit),
                (Self.signed(text).replacing("charset=utf-8", with: "charset=utf-7"), .signedNotReadable),
                (named, .signedNamesRecipients),
            ]
            for (letter, why) in refused {
                #expect(try await program.handIn(letter: letter, to: ["p1", "p2"]) == .refused(why), "\(why)")
            }
            #expect(try await program.kept() == 0)
            let both = try await program.handIn(letter: Self.signed(text), to: ["p1", "p2"])
            #expect(both == .kept(queued: 2, held: 0))
            #expect(try await program.handIn(letter: named, to: ["p1"]) == .kept(queued: 1, held: 0))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what stands beside the text of signed mail is scanned like the text`(kind: StoreKind) async throws {
        try await WiredWorld.with(kind) { (world: WiredWorld) async throws in
            let program = try await Program(world)
            let secret = "Social security number 536-22-1798"
            _ = try await program.handIn(letter: Self.signed("Nothing here."), to: ["p1"])
            #expect(try await program.count("delivery_scan") == 0)
            _ = try await program.handIn(letter: Self.signed(secret), to: ["p1"])
            #expect(try await program.count("delivery_scan") == 1)
            _ = try await program.handIn(letter: Self.signed("Nothing here.", preamble: secret), to: ["p1"])
            #expect(try await program.count("delivery_scan") == 2)
            _ = try await program.handIn(letter: Self.signed("Nothing here.", field: "X-N: \(secret)"), to: ["p1"])
            #expect(try await program.count("delivery_scan") == 3)
        }
    }
}
