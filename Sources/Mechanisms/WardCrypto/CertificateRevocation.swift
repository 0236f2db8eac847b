// SPDX-License-Identifier: Apache-2.0
//
// Was a certificate revoked? OCSP (RFC 6960) and CRLs (RFC 5280 section 5), as answers of strangers: whatever does not verify
// by the issuer's key, is not about this certificate or is out of its time says nothing. Runs in the confined child.

import COpenSSL

/// What an authority says about a certificate.
package enum RevocationWord: String, Sendable, Hashable, Codable, CaseIterable {
    case good, revoked
    /// The authority does not know it, or the answer proves nothing.
    case unknown
}

/// Where a certificate says that its authority answers: addresses of the web, in its own order. Nothing is checked.
package struct RevocationPlaces: Sendable, Hashable, Codable {
    package var responders: [String] = []
    package var lists: [String] = []
    package var issuers: [String] = []

    package init() {}
}

extension MailCertificate {
    /// An answer whose time begins up to this many seconds ahead of ours is taken.
    private static let clockDifference: Int64 = 300
    /// Seconds for which an answer without an end counts.
    private static let endlessAnswer: Int64 = 86_400

    /// Where to ask about it: at most four of each.
    package var revocationPlaces: RevocationPlaces {
        var places = RevocationPlaces()
        places.responders = accessPlaces(NID_ad_OCSP)
        places.issuers = accessPlaces(NID_ad_ca_issuers)
        places.lists = listPlaces
        ERR_clear_error()
        return places
    }

    /// The request for a responder, in DER: one certificate, without a nonce, since responders give the same answer to many
    /// (RFC 5019 section 2.1); its time is what shows that it is not old.
    package func responderRequest(issuer: MailCertificate) throws(CryptoError) -> [UInt8] {
        guard let request = OCSP_REQUEST_new() else { throw cryptoFailure(.unavailable) }
        defer { OCSP_REQUEST_free(request) }
        guard let identifier = OCSP_cert_to_id(EVP_sha1(), x509, issuer.x509) else {
            throw cryptoFailure(.unavailable)
        }
        guard OCSP_request_add0_id(request, identifier) != nil else {
            OCSP_CERTID_free(identifier)
            throw cryptoFailure(.unavailable)
        }
        return try encodedForm { i2d_OCSP_REQUEST(request, $0) }
    }

    /// What a responder's answer says, signed by the issuer or by whom the issuer named for it (RFC 6960 section 4.2.2.2).
    package func word(ofResponder answer: [UInt8], issuer: MailCertificate, at time: Int64) -> RevocationWord {
        defer { ERR_clear_error() }
        let response: OpaquePointer? = answer.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_OCSP_RESPONSE(nil, &start, buffer.count)
        }
        guard let response else { return .unknown }
        defer { OCSP_RESPONSE_free(response) }
        guard OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
            let basic = OCSP_response_get1_basic(response)
        else { return .unknown }
        defer { OCSP_BASICRESP_free(basic) }
        guard let path = CertificatePath(anchors: [issuer], links: []) else { return .unknown }
        X509_STORE_set_flags(path.store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        if let parameters = X509_STORE_get0_param(path.store) {
            X509_VERIFY_PARAM_set_time(parameters, time_t(time))
        }
        guard let own = OPENSSL_sk_new_null() else { return .unknown }
        defer { OPENSSL_sk_free(own) }
        OPENSSL_sk_push(own, UnsafeRawPointer(issuer.x509))
        guard OCSP_basic_verify(basic, own, path.store, 0) == 1 else { return .unknown }
        return word(in: basic, issuer: issuer, at: time)
    }

    private func word(in basic: OpaquePointer, issuer: MailCertificate, at time: Int64) -> RevocationWord {
        guard let identifier = OCSP_cert_to_id(EVP_sha1(), x509, issuer.x509) else { return .unknown }
        defer { OCSP_CERTID_free(identifier) }
        var (status, reason): (Int32, Int32) = (V_OCSP_CERTSTATUS_UNKNOWN, 0)
        var (begin, end): (UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?, UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?)
        (begin, end) = (nil, nil)
        guard OCSP_resp_find_status(basic, identifier, &status, &reason, nil, &begin, &end) == 1,
            let from = Self.seconds(begin), from <= time + Self.clockDifference,
            time <= (end.flatMap { Self.seconds($0) } ?? from + Self.endlessAnswer) + Self.clockDifference
        else { return .unknown }
        return switch status {
        case V_OCSP_CERTSTATUS_GOOD: .good
        case V_OCSP_CERTSTATUS_REVOKED: .revoked
        default: .unknown
        }
    }

    /// What a list (DER, or PEM) says that the issuer signed. libcrypto judges its scope and its time.
    package func word(ofList bytes: [UInt8], issuer: MailCertificate, at time: Int64) -> RevocationWord {
        defer { ERR_clear_error() }
        guard let list = Self.list(bytes) else { return .unknown }
        defer { X509_CRL_free(list) }
        guard let path = CertificatePath(anchors: [issuer], links: []), X509_STORE_add_crl(path.store, list) == 1 else {
            return .unknown
        }
        let error = path.error(of: self) { parameters in
            X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK))
            X509_VERIFY_PARAM_set_time(parameters, time_t(time))
        }
        return switch error {
        case X509_V_OK: .good
        case X509_V_ERR_CERT_REVOKED: .revoked
        default: .unknown
        }
    }

    private static func list(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            if let list = d2i_X509_CRL(nil, &start, buffer.count) { return list }
            ERR_clear_error()
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            return PEM_read_bio_X509_CRL(bio, nil, nil, nil)
        }
    }

    /// Addresses in the authority information access (RFC 5280 section 4.2.2.1) with this method.
    private func accessPlaces(_ method: Int32) -> [String] {
        guard let list = X509_get_ext_d2i(x509, NID_info_access, nil, nil) else { return [] }
        let descriptions = OpaquePointer(list)
        defer { AUTHORITY_INFO_ACCESS_free(descriptions) }
        return (0..<max(0, OPENSSL_sk_num(descriptions))).compactMap { position -> String? in
            guard let entry = OPENSSL_sk_value(descriptions, position) else { return nil }
            let description = entry.assumingMemoryBound(to: ACCESS_DESCRIPTION.self).pointee
            return OBJ_obj2nid(description.method) == method ? Self.webPlace(description.location) : nil
        }.prefix(4).map(\.self)
    }

    /// Addresses of full lists in the distribution points (RFC 5280 section 4.2.1.13).
    private var listPlaces: [String] {
        guard let list = X509_get_ext_d2i(x509, NID_crl_distribution_points, nil, nil) else { return [] }
        let points = OpaquePointer(list)
        defer { CRL_DIST_POINTS_free(points) }
        var found: [String] = []
        for position in 0..<max(0, OPENSSL_sk_num(points)) {
            guard let entry = OPENSSL_sk_value(points, position),
                let name = entry.assumingMemoryBound(to: DIST_POINT.self).pointee.distpoint, name.pointee.type == 0,
                let names = name.pointee.name.fullname
            else { continue }
            for index in 0..<max(0, OPENSSL_sk_num(names)) {
                guard let general = OPENSSL_sk_value(names, index) else { continue }
                if let place = Self.webPlace(general.assumingMemoryBound(to: GENERAL_NAME.self)) { found.append(place) }
            }
        }
        return Array(found.prefix(4))
    }

    /// The text of a name that is an address of the web, of at most 1,024 octets.
    private static func webPlace(_ name: UnsafePointer<GENERAL_NAME>?) -> String? {
        guard let name else { return nil }
        var type: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &type), type == GEN_URI else { return nil }
        let text = OpaquePointer(value)
        let count = Int(ASN1_STRING_length(UnsafePointer(text)))
        guard (1...1_024).contains(count), let data = ASN1_STRING_get0_data(UnsafePointer(text)) else { return nil }
        return String(validating: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    }
}
