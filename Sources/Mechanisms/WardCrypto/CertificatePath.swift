// SPDX-License-Identifier: Apache-2.0
//
// Path validation of a certificate for mail (RFC 5280 section 6, RFC 8550 section 4): to one of a few trusted authorities,
// for the purpose of S/MIME signatures, at a time. Runs in the confined child.

import COpenSSL

extension MailCertificate {
    /// Whether a path leads from one of the authorities to this certificate, every link of it within its time, allowed to
    /// certify, and with keys of at least 112 bits of security (libcrypto's level 2).
    ///
    /// - Parameters:
    ///   - authorities: what is trusted; nothing else is, and the machine's own store least of all.
    ///   - links: certificates that may stand between.
    ///   - address: the mail address that the certificate must name.
    ///   - time: seconds since 1970.
    package func isTrusted(
        by authorities: [MailCertificate],
        through links: [MailCertificate],
        for address: String,
        at time: Int64
    ) -> Bool {
        guard !authorities.isEmpty else { return false }
        let isTrusted =
            CertificatePath(anchors: authorities, links: links)?.error(of: self) { parameters in
                X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SMIME_SIGN)
                X509_VERIFY_PARAM_set_auth_level(parameters, 2)
                X509_VERIFY_PARAM_set1_email(parameters, address, address.utf8.count)
                X509_VERIFY_PARAM_set_time(parameters, time_t(time))
            } == X509_V_OK
        ERR_clear_error()
        return isTrusted
    }

    /// Whether the other certificate's key signed this one and its name is this one's issuer.
    package func isIssued(by other: MailCertificate) -> Bool {
        let isIssued =
            X509_check_issued(other.x509, x509) == X509_V_OK
            && X509_get0_pubkey(other.x509).map { X509_verify(x509, $0) == 1 } ?? false
        ERR_clear_error()
        return isIssued
    }
}

/// Trusted certificates and others, for as long as a question about a path is asked.
struct CertificatePath: ~Copyable {
    let store: OpaquePointer
    private let links: OpaquePointer

    init?(anchors: [MailCertificate], links others: [MailCertificate]) {
        guard let store = X509_STORE_new() else { return nil }
        guard let links = OPENSSL_sk_new_null() else {
            X509_STORE_free(store)
            return nil
        }
        for anchor in anchors { X509_STORE_add_cert(store, anchor.x509) }
        for link in others {
            // The stack owns a reference of its own.
            X509_up_ref(link.x509)
            OPENSSL_sk_push(links, UnsafeRawPointer(link.x509))
        }
        self.store = store
        self.links = links
    }

    deinit {
        OPENSSL_sk_pop_free(links) { X509_free(OpaquePointer($0)) }
        X509_STORE_free(store)
    }

    /// `X509_V_OK`, or what is wrong first.
    func error(of certificate: MailCertificate, demands: (OpaquePointer) -> Void) -> Int32 {
        guard let context = X509_STORE_CTX_new() else { return X509_V_ERR_UNSPECIFIED }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, certificate.x509, links) == 1,
            let parameters = X509_STORE_CTX_get0_param(context)
        else { return X509_V_ERR_UNSPECIFIED }
        demands(parameters)
        if X509_verify_cert(context) == 1 { return X509_V_OK }
        let error = X509_STORE_CTX_get_error(context)
        return error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error
    }
}
