// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardConsent
import WardDelivery
import WardKernel
import WardSubmission

struct MailAccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts",
        abstract: "Say which programs may hand in mail over SMTP.",
        subcommands: [
            MailAccountsListCommand.self, MailAccountsMakeCommand.self, MailAccountsDisableCommand.self,
            MailSignInCommand.self, MailCertificateCommand.self,
        ]
    )
}

struct MailAccountsListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the accounts with their limits.",
        discussion: """

              ward mail accounts list --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let accounts = try await session.facades.submission.accounts(by: session.requester)
        var table = Table([
            ("name", .left), ("class", .left), ("sensitivity", .left), ("from", .left), ("an hour", .right),
            ("signs in with", .left), ("state", .left),
        ])
        for account in accounts {
            let state = account.disabledAt == nil ? "active" : "disabled"
            let from = account.sender?.mailbox ?? "any"
            if common.json {
                await session.output.line(
                    JSONText.object([
                        "name": account.name, "class": account.messageClass.rawValue,
                        "sensitivity": account.sensitivity.rawValue, "from": from,
                        "messages_per_hour": "\(account.messagesPerHour)",
                        "recipients_per_message": "\(account.recipientsPerMessage)",
                        "sign_in": account.signInRule.rawValue, "state": state,
                    ])
                )
            }
            table.add([
                account.name, account.messageClass.rawValue, account.sensitivity.rawValue, from,
                "\(account.messagesPerHour)", account.signInRule.rawValue, state,
            ])
        }
        guard !common.json else { return .done }
        if accounts.isEmpty {
            await session.output.line("There are no accounts. Make one: ward mail accounts make --help")
            return .done
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}

struct MailAccountsMakeCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "make",
        abstract: "Make an account and show its password, once.",
        discussion: """
            Every message of the account has the class and the sensitivity given here, and goes through the send gate.

              ward mail accounts make ehr --class treatment --from results@lakeside.example --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "2 to 40 of a-z, 0-9 and -.") var name: String
    @Option(name: .customLong("class"), help: "What its messages are for: treatment, administrative, …")
    var messageClass = "treatment"
    @Option(help: "routine, sensitive or restricted.") var sensitivity = "sensitive"
    @Option(help: "The one address that its messages come from; without it any of the sender domain.")
    var from: String?
    @Option(help: "Messages in an hour, one for each recipient.") var messagesPerHour = 500
    @Option(help: "Recipients of one message.") var recipients = 20

    func validate() throws {
        guard MessageClass(rawValue: messageClass)?.isChosenByStaff == true else {
            let names = MessageClass.allCases.filter(\.isChosenByStaff).map(\.rawValue).joined(separator: ", ")
            throw ValidationError("The class is one of \(names).")
        }
        guard Sensitivity(rawValue: sensitivity) != nil else {
            throw ValidationError("The sensitivity is routine, sensitive or restricted.")
        }
        guard from.map({ EmailAddress($0) != nil }) ?? true else {
            throw ValidationError("--from takes an address such as results@lakeside.example.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let draft = SubmissionAccountDraft(
            name: name,
            sender: from.flatMap { EmailAddress($0) },
            messageClass: MessageClass(rawValue: messageClass) ?? .treatment,
            sensitivity: Sensitivity(rawValue: sensitivity) ?? .restricted,
            messagesPerHour: messagesPerHour,
            recipientsPerMessage: recipients
        )
        let made = try await session.facades.submission.makeAccount(draft, by: session.requester)
        let password = made.password.expose(for: .disclosing) { $0 }
        if common.json {
            await session.output.line(JSONText.object(["login": made.login, "password": password]))
            return .done
        }
        await session.output.line("Login:    \(made.login)")
        await session.output.line("Password: \(password)")
        await session.output.line(
            "The password is shown this once and kept nowhere; a lost one is replaced by a new account."
        )
        return .done
    }
}

struct MailAccountsDisableCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "End an account: nothing more is handed in with it.",
        discussion: """

              ward mail accounts disable ehr --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.") var name: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        try await session.facades.submission.disableAccount(name, by: session.requester)
        return await session.say("The account \(name) is disabled.", asJSON: common.json)
    }
}
