// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCrypto

extension ConfinedTask {
    /// The work about a certificate's revocation: both certificates are read anew in each child.
    func performRevocation() throws(CryptoError) -> ConfinedAnswer {
        switch self {
        case .readRevocationPlaces(let certificate, let issuer):
            let subject = try MailCertificate(Array(certificate))
            var request: [UInt8] = []
            if let issuer { request = try subject.responderRequest(issuer: MailCertificate(Array(issuer))) }
            return .places(subject.revocationPlaces, request: Data(request))
        case .readIssuer(let given, let certificate):
            let issuer = try MailCertificate(Array(given))
            guard try MailCertificate(Array(certificate)).isIssued(by: issuer) else { return .refused(.malformed) }
            return .certificate(Data(try issuer.der()))
        case .readResponderAnswer(let answer, let certificate, let issuer, let time):
            let subject = try MailCertificate(Array(certificate))
            let authority = try MailCertificate(Array(issuer))
            return .revocation(subject.word(ofResponder: Array(answer), issuer: authority, at: time))
        case .readRevocationList(let list, let certificate, let issuer, let time):
            let subject = try MailCertificate(Array(certificate))
            let authority = try MailCertificate(Array(issuer))
            return .revocation(subject.word(ofList: Array(list), issuer: authority, at: time))
        default: return .refused(.malformed)
        }
    }
}
