// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardRecipientKeys

struct ContactsKeysLookUpCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "look-up",
        abstract:
            "Ask the domain of a person's address for their OpenPGP key (Web Key Directory); it is proposed, not used.",
        discussion: """
            The domain learns that somebody asks about this address.

              ward contacts keys look-up 0193a1b2-… --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String

    func validate() throws { _ = try PersonArgument.identifier(contact) }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let id = try PersonArgument.identifier(contact)
        switch try await session.facades.recipientKeys.lookUp(id, by: session.requester) {
        case .proposed(let key):
            return await session.say("Proposed as \(key.id): \(key.spacedFingerprint).", asJSON: common.json)
        case .alreadyHeld(let key): return await session.say("It is kept already, as \(key.id).", asJSON: common.json)
        case .nothing: await session.output.problem("The domain publishes no key for this person.")
        case .unavailable: await session.output.problem("Nothing can be looked up from here.")
        case .failed: await session.output.problem("The domain could not be asked, or did not prove its name.")
        case .refused(let refusal): await session.output.problem(refusal.sentence)
        }
        return .negative
    }
}

struct ContactsKeysAcceptCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Take a proposed key into use, after comparing its fingerprint with the person.",
        discussion: "  ward contacts keys accept 0193a1b2-… 0193a1c4-…"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Argument(help: "The key's identifier.") var key: String

    func validate() throws {
        _ = try PersonArgument.identifier(contact)
        _ = try KeyArgument.identifier(key)
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let held = try await session.facades.recipientKeys.accept(
            try KeyArgument.identifier(key),
            of: try PersonArgument.identifier(contact),
            by: session.requester
        )
        return await session.say("In use: \(held.spacedFingerprint).", asJSON: common.json)
    }
}

struct ContactsKeysDeclineCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "decline",
        abstract: "Decline a proposed key: it is not used, and not proposed again.",
        discussion: "  ward contacts keys decline 0193a1b2-… 0193a1c4-… --reason \"Not her key\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Argument(help: "The key's identifier.") var key: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        _ = try PersonArgument.identifier(contact)
        _ = try KeyArgument.identifier(key)
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        try await session.facades.recipientKeys.decline(
            try KeyArgument.identifier(key),
            of: try PersonArgument.identifier(contact),
            why: reason,
            by: session.requester
        )
        return await session.say("Declined.", asJSON: common.json)
    }
}

struct ContactsKeysCheckCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask a certificate's authority whether it was revoked (OCSP, revocation lists).",
        discussion: "  ward contacts keys check 0193a1b2-… 0193a1c4-…"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Argument(help: "The certificate's identifier.") var key: String

    func validate() throws {
        _ = try PersonArgument.identifier(contact)
        _ = try KeyArgument.identifier(key)
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let held = try await session.facades.recipientKeys.checkRevocation(
            of: try KeyArgument.identifier(key),
            of: try PersonArgument.identifier(contact),
            by: session.requester
        )
        let said = held.revocation?.sentence ?? "Not checked."
        return await session.say("\(said) \(held.standing.sentence)", asJSON: common.json)
    }
}

struct ContactsKeysRulesCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Show or change whether certificates are used only while their authority vouches for them.",
        discussion: "  ward contacts keys rules --demand-check yes --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "yes: a certificate needs its authority's word of the last seven days; no: silence is no reason.")
    var demandCheck: String?

    func validate() throws {
        guard [nil, "yes", "no"].contains(demandCheck) else { throw ValidationError("--demand-check takes yes or no.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let keys = session.facades.recipientKeys
        if let demandCheck {
            var rules = try await keys.rules(by: session.requester)
            rules.demandsCheck = demandCheck == "yes"
            try await keys.setRules(rules, by: session.requester)
        }
        let rules = try await keys.rules(by: session.requester)
        return await session.say(
            "The authority's word is demanded: \(rules.demandsCheck ? "yes" : "no").",
            asJSON: common.json
        )
    }
}

enum KeyArgument {
    static func identifier(_ text: String) throws -> RecipientKeyID {
        guard let id = RecipientKeyID(text) else { throw ValidationError("A key is named by an identifier.") }
        return id
    }
}
