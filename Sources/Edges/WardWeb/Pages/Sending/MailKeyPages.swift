// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardMailKeys
import WardRender

struct MailKeyContent: PageModel {
    static let template = "sending/mail-keys"

    struct Key: Sendable {
        let keyAddress: String
        let keyKind: String
        let keyAlgorithm: String
        let keyState: StatusModel
        let keySentence: String
        let keyFingerprint: String
        let keyUntil: MomentModel?
        let keySince: MomentModel
        let keyIdentifier: String
        let keyHref: String
        let isCertificate: Bool
        let mayActivate: Bool
        let mayRetire: Bool
        let isLiving: Bool
        /// Where an administrator of the domain puts an OpenPGP key; nil for a certificate.
        let directoryAddress: String?
    }

    let summary: ErrorSummary?
    let keys: [Key]
    let hasKeys: Bool
    let address: String
    let algorithms: [ChoiceModel]
    let formHref: String
    let signsPlain: Bool
    let offersKey: Bool
}

/// The organization's own keys for S/MIME and OpenPGP: made, certified, imported, given to others, changed and retired.
enum MailKeyPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func make(_ visit: Visit) async throws -> Reply {
        guard let address = EmailAddress(try visit.form.text("address")) else {
            return try await again(visit, MailKeyError.addressNotOwn.description)
        }
        guard let algorithm = OwnKeyAlgorithm(word: try visit.form.text("algorithm")) else {
            throw BadRequest(reason: .malformed)
        }
        return try await change(visit) { keys, requester in
            _ = try await keys.make(
                algorithm,
                for: address,
                signsNow: visit.form.all("signs_now").first == "yes",
                why: try visit.form.text("reason"),
                by: requester
            )
            return nil
        }
    }

    static func importFile(_ visit: Visit) async throws -> Reply {
        let (fields, file) = try await uploaded(visit)
        guard let address = EmailAddress(fields.all("address").first ?? "") else {
            return try await again(visit, MailKeyError.addressNotOwn.description)
        }
        return try await change(visit) { keys, requester in
            let outcome = try await keys.importPKCS12(
                file,
                passphrase: Sensitive(fields.all("passphrase").first ?? ""),
                for: address,
                signsNow: fields.all("signs_now").first == "yes",
                why: fields.all("reason").first ?? "",
                by: requester
            )
            return problem(outcome)
        }
    }

    static func install(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        let (fields, file) = try await uploaded(visit)
        return try await change(visit) { keys, requester in
            let why = fields.all("reason").first ?? ""
            return problem(try await keys.install(file, for: id, why: why, by: requester))
        }
    }

    static func activate(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        return try await change(visit) { keys, requester in
            _ = try await keys.activate(id, why: try visit.form.text("reason"), by: requester)
            return nil
        }
    }

    static func retire(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        return try await change(visit) { keys, requester in
            _ = try await keys.retire(
                id,
                destroysSecret: visit.form.all("destroy").first == "yes",
                why: try visit.form.text("reason"),
                by: requester
            )
            return nil
        }
    }

    static func change(_ visit: Visit) async throws -> Reply {
        try await change(visit) { keys, requester in
            let settings = MailKeySettings(
                signsPlainMail: visit.form.all("signs_plain").first == "yes",
                offersKey: visit.form.all("offers_key").first == "yes"
            )
            try await keys.change(settings, why: try visit.form.text("reason"), by: requester)
            return nil
        }
    }

    static func publicKey(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        let key = try await found { try await visit.facades.mailKeys.publicKey(of: id, by: try visit.requester) }
        return .download(file: key.fileName, Array(key.text.utf8))
    }

    /// The file for the domain's key directory.
    static func directoryFile(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        let publication = try await found {
            try await visit.facades.mailKeys.publication(of: id, by: try visit.requester)
        }
        guard let publication else { throw NotFound() }
        return .download(file: publication.fileName, publication.content)
    }

    static func request(_ visit: Visit) async throws -> Reply {
        let id: OwnMailKeyID = try visit.identifier("key")
        let text = try await found { try await visit.facades.mailKeys.request(for: id, by: try visit.requester) }
        return .download(file: "request.csr", Array(text.utf8))
    }

    private static func found<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch is MailKeyError { throw NotFound() }
    }

    private static func uploaded(_ visit: Visit) async throws -> (fields: Fields, file: [UInt8]) {
        guard let upload = visit.upload else { throw BadRequest(reason: .missingField) }
        var file: [UInt8] = []
        while let piece = try await upload.nextPiece(), file.count <= MailKeys.largestFile { file += piece }
        return (upload.fields, file)
    }

    private static func problem(_ outcome: OwnKeyUpload) -> String? {
        if case .refused(let refusal) = outcome { refusal.sentence } else { nil }
    }

    /// Runs a change; what stands in its way is said on the page.
    private static func change(
        _ visit: Visit,
        _ body: (MailKeys, Requester) async throws -> String?
    ) async throws -> Reply {
        do {
            guard let problem = try await body(visit.facades.mailKeys, try visit.requester) else {
                return .seeOther(visit.path("settings", "sending", "mail-keys"))
            }
            return try await again(visit, problem)
        } catch MailKeyError.keyUnknown {
            throw NotFound()
        } catch let error as MailKeyError {
            return try await again(visit, error.description)
        }
    }

    private static func again(_ visit: Visit, _ problem: String) async throws -> Reply {
        .page(try await page(visit, problem: visit.words(problem)), status: 422)
    }

    private static func page(_ visit: Visit, problem: String? = nil) async throws -> Page {
        let requester = try visit.requester
        let keys = try await visit.facades.mailKeys.keys(by: requester)
        let settings = try await visit.facades.mailKeys.settings(by: requester)
        var rows: [MailKeyContent.Key] = []
        for key in keys.reversed() { rows.append(try await row(key, visit)) }
        let content = MailKeyContent(
            summary: ErrorSummary(visit.words, problem.map { [("keys", $0)] } ?? []),
            keys: rows,
            hasKeys: !rows.isEmpty,
            address: "messages@\(visit.organization.senderDomain)",
            algorithms: algorithms(visit.words),
            formHref: visit.path("settings", "sending", "mail-keys").text,
            signsPlain: settings.signsPlainMail,
            offersKey: settings.offersKey
        )
        var page = Page(
            visit.words("Mail keys"),
            .staff(section: .settings),
            lede: visit.words("What signs the organization’s mail, and what mail to it is encrypted to."),
            content: content
        )
        page.crumbs = [
            .init(label: visit.words("Settings"), href: visit.base + "/settings"),
            .init(label: visit.words("Sending domain"), href: visit.path("settings", "sending").text),
        ]
        return page
    }

    private static func algorithms(_ words: Words) -> [ChoiceModel] {
        OwnKeyAlgorithm.allCases.map { algorithm in
            let (label, help) =
                switch algorithm {
                case .smimeRSA: ("S/MIME, RSA 3072", "Every mail program and every authority knows it.")
                case .smimeP256: ("S/MIME, P-256", "Shorter and faster; some authorities do not sign it.")
                case .openPGP: ("OpenPGP, Ed25519", "Needs no authority. It signs as soon as it is made.")
                }
            return ChoiceModel(
                algorithm.word,
                words(label),
                help: words(help),
                isChosen: algorithm == .smimeRSA
            )
        }
    }

    private static func row(_ key: OwnMailKey, _ visit: Visit) async throws -> MailKeyContent.Key {
        let words = visit.words
        let publication =
            key.isCertificate
            ? nil : try await visit.facades.mailKeys.publication(of: key.id, by: try visit.requester)
        return .init(
            keyAddress: key.address,
            keyKind: key.isCertificate ? words("S/MIME certificate") : words("OpenPGP key"),
            keyAlgorithm: key.algorithm,
            keyState: state(key, visit),
            keySentence: words(sentence(key)),
            keyFingerprint: key.spacedFingerprint,
            keyUntil: key.validUntil.map { visit.moment($0) },
            keySince: visit.moment(key.retiredAt ?? key.activatedAt ?? key.madeAt),
            keyIdentifier: "\(key.id)",
            keyHref: visit.path("settings", "sending", "mail-keys", "\(key.id)").text,
            isCertificate: key.isCertificate && key.state != .destroyed,
            mayActivate: key.state == .waiting || key.state == .former,
            mayRetire: key.state == .waiting || key.state == .active,
            isLiving: key.state != .destroyed,
            directoryAddress: publication?.addresses.first
        )
    }

    private static func state(_ key: OwnMailKey, _ visit: Visit) -> StatusModel {
        let now = visit.surroundings.now()
        switch key.state {
        case .waiting: return StatusModel(visit.words("waits for its certificate"), .warn)
        case .active where !key.isInTime(at: now): return StatusModel(visit.words("has expired"), .bad)
        case .active where key.endsSoon(at: now): return StatusModel(visit.words("expires soon"), .warn)
        case .active: return StatusModel(visit.words("signs and opens"), .good)
        case .former: return StatusModel(visit.words("opens mail still"), .plain)
        case .destroyed: return StatusModel(visit.words("destroyed"), .plain)
        }
    }

    private static func sentence(_ key: OwnMailKey) -> String {
        switch (key.isCertificate, key.isSelfSigned) {
        case (false, _): "Give the key to people, or publish it."
        case (true, true): "No authority stands behind it: mail programs of others warn about it."
        case (true, false): "An authority stands behind it."
        }
    }
}
