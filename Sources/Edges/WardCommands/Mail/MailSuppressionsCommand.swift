// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardConsent
import WardKernel

struct MailSuppressionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppressions",
        abstract: "List the addresses that get no mail, and let one be written to again.",
        subcommands: [MailSuppressionsListCommand.self, MailSuppressionsLiftCommand.self]
    )
}

struct MailSuppressionsListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the suppressed addresses, as the keyed hashes that are kept of them, with the reason.",
        discussion: """
            The addresses themselves are not kept. A full page ends with how to see the next one.

              ward mail suppressions list --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "At most so many rows, up to 500.") var limit: Int = 50
    @Option(help: "The last hash of the page before.") var after: String?

    func run(with session: CommandSession) async throws -> ExitStatus {
        let position = after.map(Self.bytes) ?? []
        guard let position else { throw ValidationError("A hash has hexadecimal digits only.") }
        let found = try await session.facades.consent.suppressions(
            after: position,
            limit: limit,
            by: session.requester
        )
        if common.json {
            for row in found {
                let fields = [
                    "hash": Self.text(row.addressHash), "reason": row.reason.rawValue, "since": "\(row.since)",
                ]
                await session.output.line(JSONText.object(fields))
            }
            return .done
        }
        var table = Table([("hash", .left), ("reason", .left), ("since", .left)])
        for row in found { table.add([Self.text(row.addressHash), row.reason.rawValue, "\(row.since)"]) }
        guard let last = found.last else {
            await session.output.line("No address is suppressed.")
            return .done
        }
        for line in table.lines(width: max(session.output.width, 120)) { await session.output.line(line) }
        if found.count == min(max(limit, 1), 500) {
            await session.output.line("More: --after \(Self.text(last.addressHash))")
        }
        return .done
    }

    private static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}

struct MailSuppressionsLiftCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "lift",
        abstract: "Let an address be written to again.",
        discussion:
            "  ward mail suppressions lift ann@clinic.example --data /var/lib/ward --reason \"The mailbox is back\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The address.") var address: String
    @Option(help: "Why, for the audit log.") var reason: String

    func validate() throws {
        guard EmailAddress(address) != nil else { throw ValidationError("This is no e-mail address.") }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let address = EmailAddress(address) else { throw ValidationError("This is no e-mail address.") }
        guard try await session.facades.consent.lift(address, why: Sensitive(reason), by: session.requester) else {
            await session.output.problem("The address is not suppressed; nothing was changed.")
            return .negative
        }
        return await session.say("The address may be written to again.", asJSON: common.json)
    }
}
