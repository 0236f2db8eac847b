// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import NIOCore
import WardCommands
import WardCrypto
import WardInbound

extension Installation {
    /// The ports on which mail is taken, as the configuration says. A certificate that cannot be read stops the start.
    func mailListeners() throws -> [NamedService] {
        let ports = configuration.mail
        guard ports.isAnywhere else { return [] }
        var tls: MailServerTLS?
        if let chain = ports.certificate, let key = ports.privateKey {
            do {
                // Read once: what sign-ins are bound to is the certificate that is presented.
                let pem = Array(try Data(contentsOf: URL(fileURLWithPath: chain)))
                let endPoint = try MailCertificate(pem).serverEndPoint
                tls = try MailServerTLS(chain: pem, keyPath: key, serverEndPoint: endPoint)
            } catch {
                throw CommandFailure("The certificate of mail.certificate or its key cannot be read.")
            }
        }
        let budget = ConnectionBudget()
        let incoming = IncomingReception(
            identity: modules.identity,
            delivery: modules.delivery,
            portal: modules.portal,
            feedback: ports.feedback,
            hostName: configuration.mailHostName,
            recipientKeys: modules.recipientKeys,
            senderDomains: modules.senderDomains,
            authenticator: modules.authenticator,
            relays: ports.relays,
            telemetry: telemetry
        )
        let submission = SubmissionReception(submission: modules.submission, telemetry: telemetry)
        var services: [NamedService] = []
        func add(_ place: MailPorts.Place?, _ service: DialogueTerms.Service, isSecuredAtOnce: Bool, key: String) {
            guard let place else { return }
            let terms = DialogueTerms(service: service, hostName: configuration.mailHostName, offersTLS: tls != nil)
            let listener = MailListener(
                MailListenerSettings(
                    host: place.host,
                    port: place.port,
                    terms: terms,
                    isSecuredAtOnce: isSecuredAtOnce
                ),
                tls: tls,
                reception: service == .incoming ? incoming : submission,
                budget: budget,
                telemetry: telemetry
            )
            services.append(NamedService { try await Self.listen(listener, place, key) })
        }
        add(ports.incoming, .incoming, isSecuredAtOnce: false, key: "mail.incoming")
        add(ports.submission, .submission, isSecuredAtOnce: false, key: "mail.submission")
        add(ports.submissionTLS, .submission, isSecuredAtOnce: true, key: "mail.submissionTLS")
        return services
    }

    private static func listen(_ listener: MailListener, _ place: MailPorts.Place, _ key: String) async throws {
        do {
            try await listener.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE || error.errnoCode == EACCES {
            throw CommandFailure(
                error.errnoCode == EADDRINUSE
                    ? "Port \(place.port) on \(place.host) is taken. Stop what listens there, or change \(key)."
                    : "Port \(place.port) needs a right that this process lacks: give the service CAP_NET_BIND_SERVICE, or "
                        + "change \(key)."
            )
        }
    }
}
