// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardIdentity
import WardKernel

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "List staff accounts, invite people, give and take roles.",
        subcommands: [
            UserListCommand.self, UserInviteCommand.self, UserGiveCommand.self, UserTakeCommand.self,
            UserLinkCommand.self, UserDisableCommand.self, UserEnableCommand.self,
        ]
    )
}

struct UserListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the staff accounts with their roles.",
        discussion: "  ward user list --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let accounts = try await session.facades.identity.accounts(by: session.requester)
        if common.json {
            for account in accounts {
                await session.output.line(
                    JSONText.object([
                        "id": "\(account.id)", "name": account.name, "email": account.email.mailbox,
                        "state": account.state.rawValue, "roles": account.roleWords,
                    ])
                )
            }
            return .done
        }
        var table = Table([("name", .left), ("e-mail", .left), ("roles", .left), ("state", .left)])
        for account in accounts {
            table.add([account.name, account.email.mailbox, account.roleWords, account.state.rawValue])
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}

struct UserInviteCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make an account and the one-time link with which its owner sets a password.",
        discussion: """
            Hand the link over yourself: Ward does not mail it.

              ward user invite --data /var/lib/ward --name "Dana Reyes" --email dana@lakeside.example \\
                  --role marketer --role clinician --reason "Runs the reminders"
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The person's name.") var name: String
    @Option(help: "The address that they sign in with.") var email: String
    @Option(name: .customLong("role"), help: "A role; may be repeated.") var roles: [Role]
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard EmailAddress(email) != nil else { throw ValidationError("--email takes an e-mail address.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let address = EmailAddress(email) else { throw ValidationError("--email takes an e-mail address.") }
        let link = try await session.facades.identity.invite(
            NewStaffAccount(name: name, email: address, roles: Set(roles)),
            reason: reason,
            by: session.requester
        )
        return try await session.tell(link, asJSON: common.json)
    }
}

struct UserLinkCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Make a further one-time link, for a forgotten password or one that was never set.",
        discussion: "  ward user link dana@lakeside.example --data /var/lib/ward --reason \"Forgot her password\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Whose: the account's e-mail address.") var email: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let account = try await session.account(email)
        let link = try await session.facades.identity.makeLink(for: account.id, reason: reason, by: session.requester)
        return try await session.tell(link, asJSON: common.json)
    }
}

struct UserDisableCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "End every session of an account and forbid signing in.",
        discussion: "  ward user disable dana@lakeside.example --data /var/lib/ward --reason \"Left on 30 June\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Whose: the account's e-mail address.") var email: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let account = try await session.account(email)
        try await session.facades.identity.disable(account.id, reason: reason, by: session.requester)
        return await session.say("\(account.name) can no longer sign in; every session has ended.", asJSON: common.json)
    }
}

struct UserEnableCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let a disabled account sign in again.",
        discussion: "  ward user enable dana@lakeside.example --data /var/lib/ward --reason \"Back from leave\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Whose: the account's e-mail address.") var email: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let account = try await session.account(email)
        try await session.facades.identity.enable(account.id, reason: reason, by: session.requester)
        return await session.say("\(account.name) can sign in again.", asJSON: common.json)
    }
}

extension Role: ExpressibleByArgument {}

extension StaffAccount {
    /// The roles by name, in a fixed order.
    fileprivate var roleWords: String {
        Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: ", ")
    }
}

extension CommandSession {
    /// The account with this address.
    func account(_ email: String) async throws -> StaffAccount {
        let accounts = try await facades.identity.accounts(by: requester)
        let wanted = EmailAddress(email)?.normalized
        guard let found = accounts.first(where: { $0.email.normalized == wanted }) else {
            throw CommandFailure(
                "There is no account with this address. List them with: ward user list",
                status: .usage
            )
        }
        return found
    }

    /// A sentence for people, `{"done":"…"}` for machines.
    func say(_ sentence: String, asJSON: Bool) async -> ExitStatus {
        await output.line(asJSON ? JSONText.object(["done": sentence]) : sentence)
        return .done
    }

    /// Shows a link this one time.
    fileprivate func tell(_ link: OneTimeLink, asJSON: Bool) async throws -> ExitStatus {
        guard let organization = try await facades.identity.organization(link.organization) else {
            throw IdentityError.unknownOrganization
        }
        let token = link.token.expose(for: .disclosing) { $0 }
        let address = "\(organization.staffAddress)/\(organization.slug)/welcome/\(token)"
        if asJSON {
            await output.line(JSONText.object(["link": address, "expires": "\(link.expiresAt)"]))
            return .done
        }
        await output.line("This link sets the password, once, until \(link.expiresAt) UTC:")
        await output.line("  \(address)")
        return .done
    }
}
