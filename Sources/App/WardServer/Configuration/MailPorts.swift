// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardDNS

/// Where mail is taken.
package struct MailPorts: Sendable, Equatable {
    package struct Place: Sendable, Equatable {
        package var host: String
        package var port: Int
    }

    /// Port 25: what comes back.
    package var incoming: Place?
    /// Port 587: handed in by accounts, with STARTTLS.
    package var submission: Place?
    /// Port 465: the same, with TLS from the start.
    package var submissionTLS: Place?
    package var certificate: String?
    package var privateKey: String?
    /// Lower case.
    package var feedback: Set<String>
    /// Addresses of one's own servers that pass mail on to port 25.
    package var relays: Set<IPAddress>

    package var isAnywhere: Bool { incoming != nil || submission != nil || submissionTLS != nil }

    init(_ values: SettingValues, _ problems: inout [String]) {
        incoming = Self.place(values, .mailIncoming, &problems)
        submission = Self.place(values, .mailSubmission, &problems)
        submissionTLS = Self.place(values, .mailSubmissionTLS, &problems)
        let (chain, key) = (values.text(.mailCertificate), values.text(.mailPrivateKey))
        certificate = chain.isEmpty ? nil : chain
        privateKey = key.isEmpty ? nil : key
        feedback = Set(
            values.text(.mailFeedback).split(separator: ",")
                .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }.filter { !$0.isEmpty }
        )
        let named = values.text(.mailRelays).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        relays = Set(named.compactMap { IPAddress($0) })
        if relays.count != Set(named).count { problems.append("mail.relays takes IP addresses, separated by commas.") }
        if chain.isEmpty != key.isEmpty { problems.append("mail.certificate and mail.privateKey belong together.") }
        if chain.isEmpty, submission != nil || submissionTLS != nil {
            problems.append("mail.submission needs mail.certificate: passwords and messages come over TLS alone.")
        }
    }

    private static func place(_ values: SettingValues, _ setting: Setting, _ problems: inout [String]) -> Place? {
        let text = values.text(setting)
        guard !text.isEmpty else { return nil }
        let separator = text.lastIndex(of: ":")
        let host = separator.map { String(text[..<$0]).trimmingCharacters(in: ["[", "]"]) } ?? ""
        let port = separator.flatMap { Int(text[text.index(after: $0)...]) }
        guard !host.isEmpty, let port, (0...65_535).contains(port) else {
            problems.append("\(setting.key) takes a host and a port, such as 127.0.0.1:2525.")
            return nil
        }
        return Place(host: host, port: port)
    }
}
