// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardTelemetry

/// Which database holds the data.
package enum StoreChoice: Sendable, Equatable {
    case sqlite
    /// A PostgreSQL connection address; it may hold a password and is never printed.
    case postgres(String)
}

/// Where one site listens, and how it is reached.
package struct SiteConfiguration: Sendable, Equatable {
    package var host: String
    package var port: Int
    /// Scheme, host and port as a browser uses them, such as `https://ward.example.org`.
    package var address: String
    /// Paths of the certificate chain and its key (PEM); nil serves plain HTTP, on loopback only.
    package var certificate: String?
    package var privateKey: String?

    /// Whether it listens on loopback alone.
    package var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether people of other machines reach it: itself, or through a proxy that stands before it.
    package var isReachedFromBeyond: Bool {
        !isLoopback || !Self.isLoopback(URL(string: address)?.host() ?? host)
    }

    /// Whether browsers speak TLS with it, or with the proxy before it.
    package var isSecure: Bool { certificate != nil || address.hasPrefix("https://") }

    fileprivate static func isLoopback(_ host: String) -> Bool {
        ["127.0.0.1", "::1", "[::1]", "localhost"].contains(host)
    }
}

/// The settings as the application uses them, checked together.
package struct ServerConfiguration: Sendable {
    package var store: StoreChoice
    package var keysFolder: String
    package var staff: SiteConfiguration
    package var patients: SiteConfiguration
    /// Proxies whose `X-Forwarded-For` is believed.
    package var proxies: Set<String>
    package var mailHostName: String
    package var mail: MailPorts
    /// Where signed checkpoints of the audit log go: never into the data directory, beside whose copy they prove nothing.
    package var auditCheckpoints: String
    package var logLevel: EventLevel
}

extension ServerConfiguration {
    /// - Parameters:
    ///   - values: what the file and the environment say.
    ///   - dataDirectory: absolute path; the keys' standard place is the sibling folder with `-keys` at its end.
    package init(values: SettingValues, dataDirectory: String) throws(ConfigurationError) {
        var problems: [String] = []
        staff = Self.site(values, .staff, &problems)
        patients = Self.site(values, .patients, &problems)
        proxies = Set(
            values.text(.webProxies).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        )
        for (site, key) in [(staff, "staff"), (patients, "patients")]
        where site.isLoopback && site.isReachedFromBeyond && proxies.isEmpty {
            problems.append(
                "\(key).address is not on this machine, so a proxy stands before \(key).listen: name its address in "
                    + "web.proxies, else everybody seems to come from one place."
            )
        }
        let keys = values.text(.keysFolder)
        keysFolder = keys.isEmpty ? dataDirectory + "-keys" : keys
        if (keysFolder + "/").hasPrefix(dataDirectory + "/") {
            problems.append(
                "keys.folder lies inside the data directory: whoever copies the data would have the keys too."
            )
        }
        let hostName = values.text(.mailHostName)
        mailHostName = hostName.isEmpty ? ProcessInfo.processInfo.hostName : hostName
        mail = MailPorts(values, &problems)
        let checkpoints = values.text(.auditCheckpoints)
        auditCheckpoints =
            checkpoints.isEmpty ? Self.checkpoints(besides: keysFolder, of: dataDirectory) : checkpoints
        if let problem = Self.checkpointsProblem(auditCheckpoints, dataDirectory: dataDirectory) {
            problems.append("audit.checkpoints \(problem)")
        }
        logLevel = EventLevel(rawValue: values.text(.logLevel)) ?? .info
        if EventLevel(rawValue: values.text(.logLevel)) == nil {
            problems.append("log.level takes debug, info, notice, warning or error.")
        }
        let choice = values.text(.store)
        store = choice == "sqlite" ? .sqlite : .postgres(choice)
        if choice != "sqlite", !choice.hasPrefix("postgres://"), !choice.hasPrefix("postgresql://"),
            !choice.contains("=")
        {
            problems.append("store takes sqlite, or an address that begins with postgres://.")
        }
        if staff.host == patients.host, staff.port == patients.port, staff.port != 0 {
            problems.append(
                "staff.listen and patients.listen are the same: patients' pages have a listener of their own."
            )
        }
        if !problems.isEmpty { throw ConfigurationError(problems) }
    }

    /// The standard place of checkpoints: beside the keys, named for the data directory.
    private static func checkpoints(besides keysFolder: String, of dataDirectory: String) -> String {
        let parent = URL(fileURLWithPath: keysFolder).deletingLastPathComponent()
        let name = URL(fileURLWithPath: dataDirectory).lastPathComponent + "-checkpoints"
        return parent.appending(path: name).path(percentEncoded: false)
    }

    /// What is wrong with a folder for checkpoints, nil when nothing is.
    static func checkpointsProblem(_ path: String, dataDirectory: String) -> String? {
        guard path.hasPrefix("/") else { return "takes an absolute path." }
        let standard = URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
        return (standard + "/").hasPrefix(dataDirectory + "/")
            ? "lies inside the data directory: whoever replaces the data would replace what proves it." : nil
    }

    private struct SiteSettings {
        let listen, address, certificate, privateKey: Setting
        static let staff = SiteSettings(
            listen: .staffListen,
            address: .staffAddress,
            certificate: .staffCertificate,
            privateKey: .staffPrivateKey
        )
        static let patients = SiteSettings(
            listen: .patientsListen,
            address: .patientsAddress,
            certificate: .patientsCertificate,
            privateKey: .patientsPrivateKey
        )
    }

    private static func site(
        _ values: SettingValues,
        _ settings: SiteSettings,
        _ problems: inout [String]
    ) -> SiteConfiguration {
        let listen = values.text(settings.listen)
        let separator = listen.lastIndex(of: ":")
        let host = separator.map { String(listen[..<$0]).trimmingCharacters(in: ["[", "]"]) } ?? ""
        let port = separator.flatMap { Int(listen[listen.index(after: $0)...]) }
        if host.isEmpty || !(0...65_535).contains(port ?? -1) {
            problems.append("\(settings.listen.key) takes a host and a port, such as 127.0.0.1:8480.")
        }
        let certificate = values.text(settings.certificate)
        let privateKey = values.text(settings.privateKey)
        if certificate.isEmpty != privateKey.isEmpty {
            problems.append("\(settings.certificate.key) and \(settings.privateKey.key) belong together.")
        }
        var site = SiteConfiguration(
            host: host,
            port: port ?? 0,
            address: values.text(settings.address),
            certificate: certificate.isEmpty ? nil : certificate,
            privateKey: privateKey.isEmpty ? nil : privateKey
        )
        if site.certificate == nil, !site.isLoopback, !host.isEmpty {
            problems.append("\(settings.listen.key) is not loopback: without a certificate only loopback is served.")
        }
        if site.address.isEmpty {
            site.address = "\(site.certificate == nil ? "http" : "https")://\(host):\(port ?? 0)"
        } else if let problem = addressProblem(site.address) {
            problems.append("\(settings.address.key) \(problem)")
        }
        return site
    }

    private static func addressProblem(_ address: String) -> String? {
        guard let url = URL(string: address), let scheme = url.scheme, url.host() != nil else {
            return "takes an address such as https://ward.example.org."
        }
        guard scheme == "https" || scheme == "http" && SiteConfiguration.isLoopback(url.host() ?? "") else {
            return "begins with https:// (or http:// on loopback)."
        }
        return url.path().isEmpty || url.path() == "/" ? nil : "has no path."
    }
}
