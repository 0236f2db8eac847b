// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardIdentity
import WardKernel

struct UserGiveCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "give",
        abstract: "Give a role, also to yourself.",
        discussion: """
            administrator: accounts, settings, routes; sees no protected values. marketer: lists, segments and campaigns
            over non-clinical fields. clinician: clinical fields, messages with patients. compliance: consent, reports,
            audit. auditor: reads the audit log.

              ward user give marketer dana@lakeside.example --data /var/lib/ward --reason "Runs the reminders"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The role.") var role: Role
    @Argument(help: "To whom: the account's e-mail address.") var email: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let account = try await session.account(email)
        let identity = session.facades.identity
        switch try await identity.giveRole(role, to: account.id, reason: reason, by: session.requester) {
        case .changed: return await session.say("\(account.name) is now \(role.rawValue).", asJSON: common.json)
        case .unchanged:
            return await session.say("\(account.name) was \(role.rawValue) already.", asJSON: common.json)
        }
    }
}

struct UserTakeCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "take",
        abstract: "Take a role away.",
        discussion: """
              ward user take clinician dana@lakeside.example --data /var/lib/ward --reason "Changed wards"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The role.") var role: Role
    @Argument(help: "From whom: the account's e-mail address.") var email: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let account = try await session.account(email)
        let identity = session.facades.identity
        switch try await identity.takeRole(role, from: account.id, reason: reason, by: session.requester) {
        case .changed: return await session.say("\(account.name) is no longer \(role.rawValue).", asJSON: common.json)
        case .unchanged: return await session.say("\(account.name) was not \(role.rawValue).", asJSON: common.json)
        }
    }
}
