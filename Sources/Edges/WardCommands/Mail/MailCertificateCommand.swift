// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardSubmission

struct MailCertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "The client certificates of an account.",
        subcommands: [
            MailCertificateListCommand.self, MailCertificateAddCommand.self, MailCertificateRemoveCommand.self,
        ]
    )
}

struct MailCertificateListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List an account's certificates, and when they end.",
        discussion: """

              ward mail accounts certificate list ehr --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.") var name: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let held = try await session.facades.submission.certificates(of: name, by: session.requester)
        var table = Table([("state", .left), ("valid until", .left), ("added", .left), ("key (SHA-256)", .left)])
        for (certificate, standing) in held {
            if common.json {
                await session.output.line(
                    JSONText.object([
                        "fingerprint": certificate.fingerprint, "state": standing.rawValue,
                        "valid_from": "\(certificate.validFrom)", "valid_until": "\(certificate.validUntil)",
                        "added": "\(certificate.addedAt)",
                    ])
                )
            }
            table.add([
                standing.word, "\(certificate.validUntil)", "\(certificate.addedAt)", certificate.fingerprint,
            ])
        }
        guard !common.json else { return .done }
        if held.isEmpty {
            await session.output.line("\(name) has no certificates.")
            return .done
        }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        return .done
    }
}

struct MailCertificateAddCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Pin the key of a client certificate for an account.",
        discussion: """
            The file is read by a confined program. Whoever issued the certificate is not asked: its key alone counts, until \
            the certificate ends. A renewed certificate is added in the same way.

              ward mail accounts certificate add ehr client.pem --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.") var name: String
    @Argument(help: "The file with the certificate (PEM or DER), without the private key.") var file: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let given = try await session.files.octets(of: file, limit: Submission.largestCertificate)
        let submission = session.facades.submission
        let added = try await submission.addCertificate(given, to: name, by: session.requester)
        return await session.say(
            "Pinned for \(name) until \(added.validUntil): \(added.fingerprint).",
            asJSON: common.json
        )
    }
}

struct MailCertificateRemoveCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a client certificate from an account.",
        discussion: """

              ward mail accounts certificate remove ehr 5f3a09c1 --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.") var name: String
    @Argument(help: "The key's fingerprint as listed, or its first eight digits and more.") var fingerprint: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let submission = session.facades.submission
        let removed = try await submission.removeCertificate(fingerprint, from: name, by: session.requester)
        return await session.say("Removed from \(name): \(removed.fingerprint).", asJSON: common.json)
    }
}

struct MailSignInCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in",
        abstract: "Say what an account signs in with.",
        discussion: """
            password: the password alone. certificate: a pinned certificate alone (SASL EXTERNAL), and no password. both: the \
            password, over a connection with a pinned certificate.

              ward mail accounts sign-in ehr both --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.") var name: String
    @Argument(help: "password, certificate or both.") var rule: String

    func validate() throws {
        guard SignInRule(rawValue: rule) != nil else {
            throw ValidationError("An account signs in with password, certificate or both.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        guard let rule = SignInRule(rawValue: rule) else { return .usage }
        try await session.facades.submission.setSignInRule(rule, of: name, by: session.requester)
        return await session.say("\(name) signs in with \(rule.words).", asJSON: common.json)
    }
}

extension SignInRule {
    fileprivate var words: String {
        switch self {
        case .password: "its password"
        case .certificate: "a certificate alone"
        case .both: "its password and a certificate"
        }
    }
}

extension PinnedCertificate.Standing {
    fileprivate var word: String {
        switch self {
        case .notYet: "not yet valid"
        case .valid: "valid"
        case .ending: "ends soon"
        case .ended: "ended"
        }
    }
}
