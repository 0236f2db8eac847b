// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardRecipientKeys

struct ContactsKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "People's own S/MIME certificates and OpenPGP keys.",
        subcommands: [
            ContactsKeysListCommand.self, ContactsKeysAddCommand.self, ContactsKeysRemoveCommand.self,
            ContactsKeysLookUpCommand.self, ContactsKeysAcceptCommand.self, ContactsKeysDeclineCommand.self,
            ContactsKeysCheckCommand.self, ContactsKeysRulesCommand.self,
        ]
    )
}

struct ContactsKeysListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List a person's certificates and keys, and whether messages are encrypted to them.",
        discussion: "  ward contacts keys list 0193a1b2-… --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String

    func validate() throws { _ = try PersonArgument.identifier(contact) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try PersonArgument.identifier(contact)
        let keeper = session.facades.recipientKeys
        let keys =
            try await keeper.proposals(of: id, by: session.requester)
            + keeper.keys(of: id, by: session.requester)
        var table = Table([
            ("key", .left), ("kind", .left), ("state", .left), ("valid until", .left), ("fingerprint", .left),
        ])
        for key in keys {
            let until = key.validUntil.map { "\($0)" } ?? "no end"
            let state = key.acceptance == .proposed ? "proposed" : key.standing.word
            table.add(["\(key.id)", key.kindWord, state, until, key.spacedFingerprint])
            if common.json {
                await session.output.line(
                    JSONText.object([
                        "key": "\(key.id)", "kind": key.kindWord, "state": state,
                        "origin": key.origin.rawValue, "revocation": key.revocation?.rawValue ?? "not_asked",
                        "valid_until": until, "fingerprint": key.fingerprint,
                        "algorithm": key.algorithm, "bits": "\(key.bits)",
                    ])
                )
            }
        }
        if !common.json { for line in table.lines(width: session.output.width) { await session.output.line(line) } }
        return .done
    }
}

struct ContactsKeysAddCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Read a certificate or OpenPGP public key from a file and keep it for a person.",
        discussion: """
            The file is read by a confined program. Compare the fingerprint with the person: whoever sent another key in
            their name would read their messages.

              ward contacts keys add 0193a1b2-… jane.asc --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Argument(help: "The file with the certificate (DER or PEM) or the key.") var file: String

    func validate() throws { _ = try PersonArgument.identifier(contact) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try PersonArgument.identifier(contact)
        let given = try await session.files.octets(of: file, limit: RecipientKeys.largestKey)
        switch try await session.facades.recipientKeys.add(given, for: id, by: session.requester) {
        case .added(let key):
            return await session.say(
                "Kept as \(key.id): \(key.spacedFingerprint). \(key.standing.sentence)",
                asJSON: common.json
            )
        case .alreadyHeld(let key): return await session.say("It was kept before, as \(key.id).", asJSON: common.json)
        case .refused(let refusal):
            await session.output.problem(refusal.sentence)
            return .negative
        }
    }
}

struct ContactsKeysRemoveCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a person's certificate or key; nothing is encrypted to it any more.",
        discussion: "  ward contacts keys remove 0193a1b2-… 0193a1c4-… --reason \"She has a new card\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Argument(help: "The key's identifier.") var key: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        _ = try PersonArgument.identifier(contact)
        guard RecipientKeyID(key) != nil else { throw ValidationError("A key is named by an identifier.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let key = RecipientKeyID(key) else { return .usage }
        let id = try PersonArgument.identifier(contact)
        try await session.facades.recipientKeys.remove(key, of: id, why: reason, by: session.requester)
        return await session.say("Removed.", asJSON: common.json)
    }
}

enum PersonArgument {
    static func identifier(_ text: String) throws -> ContactID {
        guard let id = ContactID(text) else { throw ValidationError("A person is named by an identifier.") }
        return id
    }
}
