// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardConsent
import WardKernel

struct ContactsRequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "People's own requests for unencrypted mail: list, record after the warning, withdraw.",
        subcommands: [
            ContactsRequestsListCommand.self, ContactsRequestsRecordCommand.self, ContactsRequestsWithdrawCommand.self,
        ]
    )
}

struct ContactsRequestsListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List a person's requests, without the addresses.",
        discussion: "  ward contacts requests list 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let id = ContactID(contact) else { throw ValidationError("A person is named by an identifier.") }
        let requests = try await session.facades.consent.unencryptedRequests(of: id, by: session.requester)
        var table = Table([("request", .left), ("choice", .left), ("scope", .left), ("asked", .left), ("state", .left)])
        for request in requests {
            let state = request.withdrawnAt != nil ? "withdrawn" : request.answeredAt != nil ? "answered" : "on record"
            table.add(["\(request.id)", request.choice.rawValue, request.scope.rawValue, request.way.title, state])
            if common.json {
                await session.output.line(
                    JSONText.object([
                        "request": "\(request.id)", "choice": request.choice.rawValue, "state": state,
                        "scope": request.scope.rawValue, "warning": request.warningVersion,
                    ])
                )
            }
        }
        if !common.json { for line in table.lines(width: session.output.width) { await session.output.line(line) } }
        return .done
    }
}

struct ContactsRequestsRecordCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record that a person, warned of the risk, asked for unencrypted mail to one address.",
        discussion: """
            Read the warning to the person first; --warned says that you did. The record is about that person and that
            address alone, never for marketing, and holds until it is withdrawn.

              ward contacts requests record 0193a1b2-… --address jane@example.org --asked phone --warned
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The person's identifier.") var contact: String
    @Option(help: "The address, as the person gave it.") var address: String
    @Option(help: "How they asked: in_person, phone, email, portal or form.") var asked: String
    @Option(help: "all, or this_request for one answer alone.") var scope = "all"
    @Flag(help: "The person was given the warning.") var warned = false

    func validate() throws {
        guard ContactID(contact) != nil else { throw ValidationError("A person is named by an identifier.") }
        guard EmailAddress(address) != nil else { throw ValidationError("This is no e-mail address.") }
        guard RequestWay(rawValue: asked) != nil else { throw ValidationError("Say how they asked.") }
        guard RequestScope(rawValue: scope) != nil else { throw ValidationError("The scope is all or this_request.") }
        guard warned else {
            throw ValidationError("Give the person this warning first: \(UnencryptedWarning.current.english)")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let contact = ContactID(contact), let address = EmailAddress(address),
            let way = RequestWay(rawValue: asked), let scope = RequestScope(rawValue: scope)
        else { return .usage }
        let id = try await session.facades.consent.recordNow(
            contact,
            address,
            scope: scope,
            way: way,
            by: session.requester
        )
        return await session.say("Recorded as \(id).", asJSON: common.json)
    }
}

struct ContactsRequestsWithdrawCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Note that a person withdrew a request; the next message is protected again.",
        discussion: "  ward contacts requests withdraw 0193a1b2-…"
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The request's identifier.") var request: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let id = UnencryptedRequestID(request) else { throw ValidationError("There is no such request.") }
        let isNew = try await session.facades.consent.withdraw(id, by: session.requester)
        return await session.say(isNew ? "Withdrawn." : "It was withdrawn before.", asJSON: common.json)
    }
}
