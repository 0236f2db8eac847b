// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery
import WardKernel

struct MailIncomingCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "incoming",
        abstract: "List what came back by mail, newest first, or show one as it came.",
        discussion: """
            What cannot be read is kept, too, and marked. Showing one is audited.

              ward mail incoming --data /var/lib/ward
              ward mail incoming 0193a1b2-… --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The mail's identifier, as the list shows it.") var mail: String?
    @Option(help: "So many at most.") var limit = 50

    func validate() throws {
        guard mail.map({ IncomingMailID($0) != nil }) ?? true else {
            throw ValidationError("A mail is named by its identifier.")
        }
        guard (1...500).contains(limit) else { throw ValidationError("--limit takes 1 to 500.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        if let id = mail.flatMap({ IncomingMailID($0) }) { return try await show(id, session) }
        let list = try await session.facades.delivery.incoming(limit: limit, by: session.requester)
        var table = Table([("received", .left), ("what", .left), ("why", .left), ("code", .left), ("mail", .left)])
        for mail in list {
            if common.json {
                await session.output.line(
                    JSONText.object([
                        "mail": "\(mail.id)", "kind": mail.kind.rawValue, "cause": mail.cause ?? "",
                        "status": mail.statusCode ?? "", "message": mail.message.map { "\($0)" } ?? "",
                        "received": "\(mail.receivedAt)", "octets": "\(mail.octets)",
                    ])
                )
            }
            table.add([
                "\(mail.receivedAt)", mail.kind.title, mail.cause ?? "", mail.statusCode ?? "", "\(mail.id)",
            ])
        }
        guard !common.json else { return .done }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }

    private func show(_ id: IncomingMailID, _ session: CommandSession) async throws -> ExitStatus {
        guard let octets = try await session.facades.delivery.incomingMail(id, by: session.requester) else {
            await session.output.problem("There is no such mail, or its person was erased.")
            return .negative
        }
        let text = octets.expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) }
        for line in text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            // Foreign text does not steer the terminal.
            await session.output.line(
                String(line.map { $0.isASCII && ($0.asciiValue ?? 0) < 0x20 && $0 != "\t" ? "?" : $0 })
            )
        }
        return .done
    }
}
