// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardContacts
import WardKernel

struct ContactsUndoCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Undo an import, until somebody of its people was written to.",
        discussion: """
            People who came with the import go, people whom it changed are again who they were, unless they were changed
            since, and dated records that it brought go. Refused once a message was queued or sent to one of them.

              ward contacts undo --data /var/lib/ward 01234567-89ab-7def-8123-456789abcdef --reason 'wrong file'
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The import, as `ward contacts import` names it.") var importID: String
    @Option(help: "Why; kept in the audit log.") var reason = ""

    func validate() throws {
        if ImportID(importID) == nil { throw ValidationError("There is no import of this name.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let id = ImportID(importID) else { return .usage }
        let outcome = try await session.facades.contacts.undo(
            id,
            reason: Sensitive(reason),
            by: session.requester
        )
        guard case .undone(let counts) = outcome else {
            await session.output.problem(outcome.refusal ?? "")
            return .negative
        }
        let rows = [("removed", counts.removed), ("restored", counts.restored), ("kept", counts.kept)]
        if common.json {
            let fields = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, "\($0.1)") })
            await session.output.line(JSONText.object(fields))
            return .done
        }
        var table = Table([("people", .left), ("count", .right)])
        for (title, count) in rows { table.add([title, count.grouped]) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}
