// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardMailKeys

struct MailOwnKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "own-keys",
        abstract: "The organization's own S/MIME certificates and OpenPGP keys, by sender address.",
        discussion: """
            The active key of an address signs its encrypted mail. People encrypt to the key that they have: a key that was
            replaced still opens what they send, until its secret half is destroyed.
            """,
        subcommands: [
            MailOwnKeysListCommand.self, MailOwnKeysMakeCommand.self, MailOwnKeysRequestCommand.self,
            MailOwnKeysInstallCommand.self, MailOwnKeysImportCommand.self, MailOwnKeysExportCommand.self,
            MailOwnKeysActivateCommand.self, MailOwnKeysRetireCommand.self, MailOwnKeysUseCommand.self,
        ]
    )
}

struct MailOwnKeysListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys, where they stand and when they end.",
        discussion: "  ward mail own-keys list --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let keys = try await session.facades.mailKeys.keys(by: session.requester)
        if common.json {
            for key in keys { await session.output.line(key.json) }
            return .done
        }
        guard !keys.isEmpty else {
            await session.output.line("There are no mail keys. Make one: ward mail own-keys make")
            return .done
        }
        var table = Table([
            ("key", .left), ("address", .left), ("kind", .left), ("state", .left), ("valid until", .left),
            ("fingerprint", .left),
        ])
        for key in keys {
            let until = key.validUntil.map { "\($0)" } ?? "no end"
            table.add(["\(key.id)", key.address, key.kindWord, key.state.rawValue, until, key.spacedFingerprint])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}

struct MailOwnKeysMakeCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "make",
        abstract: "Make a key: smime-rsa, smime-p256 or openpgp.",
        discussion: """
            A key for S/MIME waits for its certificate, unless it is to sign at once with its own signature, about which mail
            programs of others warn. An OpenPGP key signs as soon as it is made.

              ward mail own-keys make smime-rsa messages@lakeside.example --reason "First certificate"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "smime-rsa, smime-p256 or openpgp.") var kind: String
    @Argument(help: "The sender address.") var address: String
    @Flag(help: "Sign with it at once, in place of the one that signs now.") var signsNow = false
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard OwnKeyAlgorithm(word: kind) != nil else {
            throw ValidationError("The kinds are smime-rsa, smime-p256 and openpgp.")
        }
        _ = try OwnKeyArgument.address(address)
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let algorithm = OwnKeyAlgorithm(word: kind) else { return .usage }
        let key = try await session.facades.mailKeys.make(
            algorithm,
            for: try OwnKeyArgument.address(address),
            signsNow: signsNow,
            why: reason,
            by: session.requester
        )
        return await OwnKeyArgument.tell(key, session, asJSON: common.json)
    }
}

struct MailOwnKeysRequestCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Show the request (PKCS #10) that a certification authority signs.",
        discussion: "  ward mail own-keys request 0193a1b2-… --data /var/lib/ward > messages.csr"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's identifier.") var key: String

    func validate() throws { _ = try OwnKeyArgument.identifier(key) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try OwnKeyArgument.identifier(key)
        let text = try await session.facades.mailKeys.request(for: id, by: session.requester)
        await OwnKeyArgument.show(text, named: "request", session, asJSON: common.json)
        return .done
    }
}

struct MailOwnKeysInstallCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install the certificate that an authority issued, with those that lead to it.",
        discussion: "  ward mail own-keys install 0193a1b2-… issued.pem --reason \"Issued for two years\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's identifier.") var key: String
    @Argument(help: "The file with the certificates (PEM, or one in DER).") var file: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws { _ = try OwnKeyArgument.identifier(key) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try OwnKeyArgument.identifier(key)
        let given = try await OwnKeyArgument.read(file, session)
        let outcome = try await session.facades.mailKeys.install(given, for: id, why: reason, by: session.requester)
        return await OwnKeyArgument.tell(outcome, session, asJSON: common.json)
    }
}

struct MailOwnKeysImportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a certificate with its key from a PKCS #12 file.",
        discussion: """
            The passphrase is in a file of its own, so that it is in no list of processes and no history. Only its first line
            counts.

              ward mail own-keys import messages.p12 messages@lakeside.example --passphrase-file pass --reason "Moved here"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file (.p12, .pfx).") var file: String
    @Argument(help: "The sender address.") var address: String
    @Option(help: "A file whose first line is the passphrase.") var passphraseFile: String
    @Flag(help: "Sign with it at once, in place of the one that signs now.") var signsNow = false
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws { _ = try OwnKeyArgument.address(address) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let words = String(decoding: try await OwnKeyArgument.read(passphraseFile, session), as: UTF8.self)
        let outcome = try await session.facades.mailKeys.importPKCS12(
            try await OwnKeyArgument.read(file, session),
            passphrase: Sensitive(String(words.prefix { !$0.isNewline })),
            for: try OwnKeyArgument.address(address),
            signsNow: signsNow,
            why: reason,
            by: session.requester
        )
        return await OwnKeyArgument.tell(outcome, session, asJSON: common.json)
    }
}

struct MailOwnKeysExportCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Show the public half, and where a domain publishes an OpenPGP key.",
        discussion: """
              ward mail own-keys export 0193a1b2-… --data /var/lib/ward > messages.asc
              ward mail own-keys export 0193a1b2-… --publication
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's identifier.") var key: String
    @Flag(help: "Show the file name and addresses of the Web Key Directory, and the Autocrypt header.")
    var publication = false

    func validate() throws { _ = try OwnKeyArgument.identifier(key) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try OwnKeyArgument.identifier(key)
        let keys = session.facades.mailKeys
        guard publication else {
            let found = try await keys.publicKey(of: id, by: session.requester)
            await OwnKeyArgument.show(found.text, named: "public_key", session, asJSON: common.json)
            return .done
        }
        guard let found = try await keys.publication(of: id, by: session.requester) else {
            await session.output.problem("A certificate has no directory: it goes along with every signature.")
            return .negative
        }
        if common.json {
            await session.output.line(
                JSONText.object([
                    "file": found.fileName, "advanced": found.addresses.first ?? "",
                    "direct": found.addresses.last ?? "", "autocrypt": found.autocrypt,
                ])
            )
            return .done
        }
        await session.output.line("File name (z-base-32): \(found.fileName)")
        for address in found.addresses { await session.output.line("Serve it at \(address)") }
        await session.output.line("Autocrypt: \(found.autocrypt)")
        return .done
    }
}

struct MailOwnKeysActivateCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Sign with a waiting or former key, in place of the one that signs now.",
        discussion: "  ward mail own-keys activate 0193a1b2-… --reason \"Its own signature will do\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's identifier.") var key: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws { _ = try OwnKeyArgument.identifier(key) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try OwnKeyArgument.identifier(key)
        let key = try await session.facades.mailKeys.activate(id, why: reason, by: session.requester)
        return await OwnKeyArgument.tell(key, session, asJSON: common.json)
    }
}

struct MailOwnKeysRetireCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Stop a key from signing; it opens mail still, unless its secret half is destroyed.",
        discussion: """
            What was encrypted to a destroyed key and has not been opened stays closed for good.

              ward mail own-keys retire 0193a1b2-… --reason "Another took its place"
              ward mail own-keys retire 0193a1b2-… --destroy --reason "It was copied"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's identifier.") var key: String
    @Flag(help: "Destroy the secret half.") var destroy = false
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws { _ = try OwnKeyArgument.identifier(key) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try OwnKeyArgument.identifier(key)
        let keys = session.facades.mailKeys
        let key = try await keys.retire(id, destroysSecret: destroy, why: reason, by: session.requester)
        return await OwnKeyArgument.tell(key, session, asJSON: common.json)
    }
}

struct MailOwnKeysUseCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "use",
        abstract: "Show or set what the keys are used for beyond encrypted mail.",
        discussion: """
              ward mail own-keys use --data /var/lib/ward
              ward mail own-keys use --sign-plain on --offer-key off --reason "Asked for by the clinic"
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Whether mail that is not encrypted is signed in S/MIME: on or off.") var signPlain: String?
    @Option(help: "Whether messages offer the OpenPGP key (Autocrypt): on or off.") var offerKey: String?
    @Option(help: "Why, for the audit log; needed for a change.") var reason: String?

    func validate() throws {
        for word in [signPlain, offerKey].compactMap(\.self) where word != "on" && word != "off" {
            throw ValidationError("Say on or off.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let keys = session.facades.mailKeys
        var settings = try await keys.settings(by: session.requester)
        if signPlain != nil || offerKey != nil {
            settings.signsPlainMail = signPlain.map { $0 == "on" } ?? settings.signsPlainMail
            settings.offersKey = offerKey.map { $0 == "on" } ?? settings.offersKey
            try await keys.change(settings, why: reason ?? "", by: session.requester)
        }
        let (plain, offered) = (settings.signsPlainMail ? "on" : "off", settings.offersKey ? "on" : "off")
        guard !common.json else {
            await session.output.line(JSONText.object(["sign_plain": plain, "offer_key": offered]))
            return .done
        }
        await session.output.line("Mail that is not encrypted is signed in S/MIME: \(plain)")
        await session.output.line("Messages offer the OpenPGP key (Autocrypt): \(offered)")
        return .done
    }
}

/// What these commands read and say alike.
private enum OwnKeyArgument {
    static func identifier(_ text: String) throws -> OwnMailKeyID {
        guard let id = OwnMailKeyID(text) else { throw ValidationError("A key is named by an identifier.") }
        return id
    }

    static func address(_ text: String) throws -> EmailAddress {
        guard let address = EmailAddress(text) else { throw ValidationError("This is no mail address.") }
        return address
    }

    static func read(_ file: String, _ session: CommandSession) async throws -> [UInt8] {
        try await session.files.octets(of: file, limit: MailKeys.largestFile)
    }

    static func show(_ text: String, named name: String, _ session: CommandSession, asJSON: Bool) async {
        guard !asJSON else { return await session.output.line(JSONText.object([name: text])) }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            await session.output.line(String(line))
        }
    }

    static func tell(_ key: OwnMailKey, _ session: CommandSession, asJSON: Bool) async -> ExitStatus {
        guard !asJSON else {
            await session.output.line(key.json)
            return .done
        }
        let words =
            switch key.state {
            case .waiting: "waits for its certificate"
            case .active: "signs from now on"
            case .former: "signs no more and opens mail still"
            case .destroyed: "is destroyed"
            }
        return await session.say("\(key.id) (\(key.spacedFingerprint)) \(words).", asJSON: false)
    }

    static func tell(_ outcome: OwnKeyUpload, _ session: CommandSession, asJSON: Bool) async -> ExitStatus {
        switch outcome {
        case .installed(let key): return await tell(key, session, asJSON: asJSON)
        case .refused(let refusal):
            await session.output.problem(refusal.sentence)
            return .negative
        }
    }
}

extension OwnMailKey {
    /// For machines.
    fileprivate var json: String {
        JSONText.object([
            "key": "\(id)", "address": address, "kind": kindWord, "algorithm": algorithm, "state": state.rawValue,
            "fingerprint": fingerprint, "valid_until": validUntil.map { "\($0)" } ?? "no end",
            "self_signed": "\(isSelfSigned)", "made_at": "\(madeAt)",
        ])
    }
}
