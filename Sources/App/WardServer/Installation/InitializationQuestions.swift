// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands
import WardIdentity
import WardKernel

/// What `ward init` needs to know: from its options, else asked on the terminal.
struct InitializationQuestions {
    let command: InitCommand
    let configuration: ServerConfiguration

    func answers() throws -> InitializeInstallation.Answers {
        let name = try answer(command.name, "--name", "The organization's name, as patients know it")
        let address = try answer(command.postalAddress, "--postal-address", "Its postal address, in one line")
        let domain = try answer(command.senderDomain, "--sender-domain", "The domain its mail is sent from")
        let zone = try answer(command.timeZone ?? Self.systemZone, "--time-zone", "Its time zone")
        let email = try answer(command.administrator, "--administrator", "The first administrator's e-mail address")
        guard let mailbox = EmailAddress(email) else {
            throw CommandFailure(
                "--administrator takes an e-mail address such as dana@lakeside.example.",
                status: .usage
            )
        }
        let person = command.administratorName ?? mailbox.local
        return InitializeInstallation.Answers(
            details: OrganizationDetails(
                name: name,
                postalAddress: address,
                timeZone: zone,
                senderDomain: domain,
                staffAddress: configuration.staff.address,
                patientAddress: configuration.patients.address
            ),
            administrator: NewStaffAccount(name: person, email: mailbox, roles: [.administrator])
        )
    }

    /// Where checkpoints go: the option, else what is typed, else the standard place (which is what an empty line says).
    func checkpoints() throws -> String {
        if let given = command.checkpoints {
            return URL(fileURLWithPath: given).standardizedFileURL.path(percentEncoded: false)
        }
        guard isatty(STDIN_FILENO) == 1, !command.common.json else { return configuration.auditCheckpoints }
        let question =
            "The folder for the audit log's signed checkpoints, best on another disk [\(configuration.auditCheckpoints)]: "
        FileHandle.standardOutput.write(Data(question.utf8))
        let typed = (readLine() ?? "").trimmingCharacters(in: .whitespaces)
        guard !typed.isEmpty else { return configuration.auditCheckpoints }
        return URL(fileURLWithPath: typed).standardizedFileURL.path(percentEncoded: false)
    }

    private static var systemZone: String? {
        let identifier = TimeZone.current.identifier
        return identifier == "GMT" ? "UTC" : identifier
    }

    private func answer(_ given: String?, _ option: String, _ question: String) throws -> String {
        if let given, !given.isEmpty { return given }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure("\(option) is missing: \(question.lowercased()).", status: .usage)
        }
        FileHandle.standardOutput.write(Data("\(question): ".utf8))
        guard let line = readLine(), !line.trimmingCharacters(in: .whitespaces).isEmpty else {
            throw CommandFailure("\(option) is missing: \(question.lowercased()).", status: .usage)
        }
        return line.trimmingCharacters(in: .whitespaces)
    }
}

/// What `ward init` says at its end.
struct InitializationReport {
    let output: any CommandOutput

    func tell(_ outcome: InitializeInstallation.Outcome, _ directory: DataDirectory, json: Bool) async {
        let organization = outcome.established.organization
        let token = outcome.established.link.token.expose(for: .disclosing) { $0 }
        let link = "\(organization.staffAddress)/\(organization.slug)/welcome/\(token)"
        if json {
            let answer = [
                "organization": organization.slug, "keys": outcome.keysFolder, "checkpoints": outcome.checkpoints,
                "link": link,
            ]
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Strings always encode.
            await output.line((try? encoder.encode(answer)).map { String(decoding: $0, as: UTF8.self) } ?? "{}")
            return
        }
        await output.line("Made “\(organization.name)” in \(directory.path).")
        await output.line("")
        await output.line(
            "The keys are in \(outcome.keysFolder), readable by you alone. Without them nobody can read the"
        )
        await output.line("data, Ward included: copy the folder to a safe place apart from the data and its backups.")
        await output.line("")
        await output.line("Signed checkpoints of the audit log go to \(outcome.checkpoints). They show when somebody")
        await output.line("replaces the data: keep that folder, or a copy of it, where the data's owner cannot write.")
        await output.line("")
        await output.line("Next:  ward serve --data \(directory.path)")
        await output.line("Then open this link once, to set the first administrator's password:")
        await output.line("  \(link)")
    }
}
