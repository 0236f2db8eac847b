// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
package import WardTelemetry

/// Where a site listens.
package struct ListenAddress: Sendable, Hashable {
    package let host: String
    /// 0 takes any free port.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// PEM files of a certificate chain and its key.
package struct ListenerCertificate: Sendable, Hashable {
    package let chainPath: String
    package let keyPath: String

    package init(chainPath: String, keyPath: String) {
        self.chainPath = chainPath
        self.keyPath = keyPath
    }
}

/// Serves one site until its task is cancelled or the process is asked to stop gracefully.
package struct WebListener: Sendable {
    private let site: Site
    private let address: ListenAddress
    private let certificate: ListenerCertificate?
    private let telemetry: Telemetry

    package init(
        _ staff: StaffSite,
        on address: ListenAddress,
        certificate: ListenerCertificate? = nil,
        telemetry: Telemetry
    ) {
        self.init(site: staff.site, address: address, certificate: certificate, telemetry: telemetry)
    }

    package init(
        _ patients: PatientSite,
        on address: ListenAddress,
        certificate: ListenerCertificate? = nil,
        telemetry: Telemetry
    ) {
        self.init(site: patients.site, address: address, certificate: certificate, telemetry: telemetry)
    }

    init(site: Site, address: ListenAddress, certificate: ListenerCertificate?, telemetry: Telemetry) {
        self.site = site
        self.address = address
        self.certificate = certificate
        self.telemetry = telemetry
    }

    /// Listens and answers.
    /// - Parameter onListening: gets the port once connections are accepted.
    /// - Throws: what the socket or the certificate says; a port that is taken is an `IOError` with `EADDRINUSE`.
    package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let application = Application(
            router: site.makeRouter(),
            server: try server(),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { await onListening($0.localAddress?.port ?? 0) },
            logger: telemetry.libraryLogger(label: "web")
        )
        try await application.run()
    }

    private func server() throws -> HTTPServerBuilder {
        var configuration = HTTP1Channel.Configuration(idleTimeout: .seconds(60))
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: 16 * 1_024,
            maxHeaderListSize: 32 * 1_024,
            maxHeaderFieldCount: 100
        )
        guard let certificate else { return .http1(configuration: configuration) }
        let chain = try NIOSSLCertificate.fromPEMFile(certificate.chainPath)
        let key = try NIOSSLPrivateKey(file: certificate.keyPath, format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        tls.minimumTLSVersion = .tlsv12
        return try .tls(.http1(configuration: configuration), tlsConfiguration: tls)
    }
}
