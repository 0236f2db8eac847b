// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import ServiceLifecycle
import UnixSignals
import WardCommands
import WardTelemetry
import WardWeb

extension Installation {
    /// Serves both sites, the commands' socket and the work until the process is asked to stop (SIGTERM, SIGINT) or a
    /// part fails. The services stand in the order in which they depend on one another; they stop in reverse.
    ///
    /// - Parameters:
    ///   - banner: shown on every staff page.
    ///   - onReady: called once both sites accept connections.
    package func serve(
        banner: String?,
        isDemonstration: Bool,
        with others: [NamedService] = [],
        onReady: @escaping @Sendable () async -> Void
    ) async throws {
        let ready = Readiness(waitingFor: 2, onReady)
        let staff = try StaffSite(
            facades: webFacades,
            settings: siteSettings(configuration.staff, banner, isDemonstration),
            surroundings: surroundings,
            telemetry: telemetry
        )
        let patients = try PatientSite(
            facades: webFacades,
            settings: siteSettings(configuration.patients, nil, isDemonstration),
            surroundings: surroundings,
            telemetry: telemetry
        )
        let staffListener = WebListener(
            staff,
            on: ListenAddress(host: configuration.staff.host, port: configuration.staff.port),
            certificate: Self.certificate(configuration.staff),
            telemetry: telemetry
        )
        let patientListener = WebListener(
            patients,
            on: ListenAddress(host: configuration.patients.host, port: configuration.patients.port),
            certificate: Self.certificate(configuration.patients),
            telemetry: telemetry
        )
        let services =
            try await workers() + mailListeners() + others + [
                NamedService { try await commandSocket.run() },
                NamedService(endsByItself: true) { try await listen(staffListener, configuration.staff, ready) },
                NamedService(endsByItself: true) { try await listen(patientListener, configuration.patients, ready) },
            ]
        var stopping = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: telemetry.libraryLogger(label: "services")
        )
        // A download that goes on for minutes does not keep the process.
        stopping.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: stopping).run()
        telemetry.record(.serverStopped)
    }

    private func listen(_ listener: WebListener, _ site: SiteConfiguration, _ ready: Readiness) async throws {
        do {
            try await listener.run { _ in await ready.arrived() }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw CommandFailure(
                "Port \(site.port) on \(site.host) is taken. Stop what listens there, or change staff.listen or "
                    + "patients.listen in the configuration."
            )
        }
    }

    private func siteSettings(_ site: SiteConfiguration, _ banner: String?, _ isDemonstration: Bool) -> SiteSettings {
        SiteSettings(
            isSecure: site.isSecure,
            banner: banner,
            isDemonstration: isDemonstration,
            proxies: configuration.proxies
        )
    }

    private static func certificate(_ site: SiteConfiguration) -> ListenerCertificate? {
        guard let chain = site.certificate, let key = site.privateKey else { return nil }
        return ListenerCertificate(chainPath: chain, keyPath: key)
    }
}

/// Calls once so many parts have arrived.
private actor Readiness {
    private var waitingFor: Int
    private let whenAll: @Sendable () async -> Void

    init(waitingFor: Int, _ whenAll: @escaping @Sendable () async -> Void) {
        self.waitingFor = waitingFor
        self.whenAll = whenAll
    }

    func arrived() async {
        waitingFor -= 1
        if waitingFor == 0 { await whenAll() }
    }
}
