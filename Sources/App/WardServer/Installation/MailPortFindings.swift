// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCrypto
import WardKernel

/// What `ward doctor` says of the ports on which mail is taken: each port, and the certificate behind them.
enum MailPortFindings {
    /// 21 days before a certificate ends it is a warning: an automatic renewal (ACME) runs 30 days before.
    static let renewal = Duration.days(21)

    static func of(_ ports: MailPorts, hostName: String, now: Timestamp) -> [Diagnosis.Finding] {
        guard ports.isAnywhere else {
            return [
                Diagnosis.Finding(
                    check: "mail ports",
                    verdict: .good,
                    sentence:
                        "none: replies and bounces are not taken, and no mail program hands mail in (mail.incoming, "
                        + "mail.submission, mail.submissionTLS)"
                )
            ]
        }
        let places = [
            ("mail.incoming", ports.incoming), ("mail.submission", ports.submission),
            ("mail.submissionTLS", ports.submissionTLS),
        ]
        return places.compactMap { key, place in place.map { reachable(key, $0) } }
            + [certificate(ports, hostName: hostName, now: now)]
    }

    private static func reachable(_ key: String, _ place: MailPorts.Place) -> Diagnosis.Finding {
        let isOpen = ListeningPort.answers(place.host, place.port)
        return Diagnosis.Finding(
            check: key,
            verdict: isOpen ? .good : .warning,
            sentence: isOpen
                ? "\(place.host):\(place.port) answers"
                : "nothing answers on \(place.host):\(place.port). Is `ward serve` running?"
        )
    }

    /// What is wrong with the certificate, the worst first.
    static func certificate(_ ports: MailPorts, hostName: String, now: Timestamp) -> Diagnosis.Finding {
        func finding(_ verdict: Diagnosis.Verdict, _ sentence: String) -> Diagnosis.Finding {
            Diagnosis.Finding(check: "mail certificate", verdict: verdict, sentence: sentence)
        }
        guard let chain = ports.certificate, let keyPath = ports.privateKey else {
            return finding(
                .bad,
                "none: incoming mail comes in the clear. Name one as mail.certificate and mail.privateKey."
            )
        }
        guard let pem = FileManager.default.contents(atPath: chain), let certificate = try? MailCertificate(Array(pem))
        else { return finding(.bad, "\(chain) cannot be read as a certificate in PEM") }
        guard let bytes = FileManager.default.contents(atPath: keyPath), let key = try? MailPrivateKey(Array(bytes))
        else {
            return finding(.bad, "\(keyPath) cannot be read as a private key in PEM")
        }
        guard key.isHalf(of: certificate) else { return finding(.bad, "\(keyPath) is not the key of \(chain)") }
        let end = Timestamp(microseconds: certificate.facts.notAfter * 1_000_000)
        let day = end.description.prefix(10)
        guard end > now else { return finding(.bad, "\(chain) ended on \(day)") }
        guard certificate.isFor(host: hostName) else {
            return finding(.bad, "\(chain) does not name \(hostName) (mail.hostName)")
        }
        guard end.since(now) > renewal else { return finding(.warning, "\(chain) ends on \(day): renew it") }
        return finding(.good, "for \(hostName), until \(day)")
    }
}

/// Whether something listens on a port.
enum ListeningPort {
    /// Connects and closes again; 2 seconds at most for each address.
    static func answers(_ host: String, _ port: Int) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return false }
        defer { freeaddrinfo(list) }
        var next = list
        while let address = next {
            if connects(address.pointee) { return true }
            next = address.pointee.ai_next
        }
        return false
    }

    private static func connects(_ address: addrinfo) -> Bool {
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, 2_000) == 1 else { return false }
        var problem: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &length) == 0 && problem == 0
    }
}
