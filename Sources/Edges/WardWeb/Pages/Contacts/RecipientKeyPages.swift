// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRecipientKeys
import WardRender

struct RecipientKeyContent: PageModel {
    static let template = "contacts/keys"

    struct Key: Sendable {
        let kind: String
        let algorithm: String
        let standing: StatusModel
        let sentence: String
        let fingerprint: String
        let until: MomentModel?
        let added: MomentModel
        /// Nil for those who may not.
        let removeHref: String?
        let reasonName: String
        /// Where it came from, and what its authority said.
        let origin: String
        let authority: String?
        /// Nil for OpenPGP keys and for those who may not.
        let checkHref: String?
        /// Whether it waits for a decision.
        let isProposed: Bool
        let decideHref: String
    }

    let summary: ErrorSummary?
    let formHref: String
    let lookUpHref: String?
    let keys: [Key]
    let hasKeys: Bool
    let mayEdit: Bool
}

/// A person's own certificates and OpenPGP keys: what is kept, whether it protects messages now, and keeping another.
enum RecipientKeyPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func add(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        guard let upload = visit.upload else { throw BadRequest(reason: .missingField) }
        var given: [UInt8] = []
        while let piece = try await upload.nextPiece(), given.count <= RecipientKeys.largestKey { given += piece }
        if given.isEmpty { given = Array((upload.fields.all("pasted").first ?? "").utf8) }
        guard !given.allSatisfy({ $0 <= 0x20 }) else {
            let text = visit.words("Paste a certificate or key, or choose its file.")
            return .page(try await page(visit, problem: ("pasted", text)), status: 422)
        }
        let requester = try visit.requester
        do {
            switch try await visit.facades.recipientKeys.add(given, for: contact, by: requester) {
            case .added, .alreadyHeld: return .seeOther(visit.path("contacts", "\(contact)", "keys"))
            case .refused(let refusal):
                let text = visit.words(refusal.sentence)
                return .page(try await page(visit, problem: ("pasted", text)), status: 422)
            }
        } catch RecipientKeysError.personUnknown {
            throw NotFound()
        }
    }

    static func remove(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let key: RecipientKeyID = try visit.identifier("key")
        do {
            try await visit.facades.recipientKeys.remove(
                key,
                of: contact,
                why: try visit.form.text("reason"),
                by: try visit.requester
            )
        } catch RecipientKeysError.reasonMissing {
            let text = visit.words("Say why the key is removed.")
            return .page(try await page(visit, problem: (reasonName(key), text)), status: 422)
        } catch RecipientKeysError.keyUnknown {
            throw NotFound()
        }
        return .seeOther(visit.path("contacts", "\(contact)", "keys"))
    }

    /// Takes a proposed key into use, or declines it.
    static func decide(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let key: RecipientKeyID = try visit.identifier("key")
        let keys = visit.facades.recipientKeys
        do {
            if try visit.form.text("decision") == "accept" {
                _ = try await keys.accept(key, of: contact, by: try visit.requester)
            } else {
                try await keys.decline(key, of: contact, why: try visit.form.text("reason"), by: try visit.requester)
            }
        } catch RecipientKeysError.reasonMissing {
            let text = visit.words("Say why the key is declined.")
            return .page(try await page(visit, problem: (reasonName(key), text)), status: 422)
        } catch RecipientKeysError.keyUnknown {
            throw NotFound()
        }
        return .seeOther(visit.path("contacts", "\(contact)", "keys"))
    }

    /// Asks a certificate's authority whether it was revoked.
    static func check(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let key: RecipientKeyID = try visit.identifier("key")
        do {
            _ = try await visit.facades.recipientKeys.checkRevocation(of: key, of: contact, by: try visit.requester)
        } catch RecipientKeysError.keyUnknown {
            throw NotFound()
        }
        return .seeOther(visit.path("contacts", "\(contact)", "keys"))
    }

    /// Asks the domain of the person's address for their OpenPGP key.
    static func lookUp(_ visit: Visit) async throws -> Reply {
        let contact: ContactID = try visit.identifier("contact")
        let found: KeyLookUp
        do {
            found = try await visit.facades.recipientKeys.lookUp(contact, by: try visit.requester)
        } catch RecipientKeysError.personUnknown {
            throw NotFound()
        }
        let (text, tone): (String, Page.Notice.Tone) =
            switch found {
            case .proposed: ("A key was found. Compare its fingerprint, then use or decline it.", .good)
            case .alreadyHeld: ("The domain publishes the key that is kept here already.", .plain)
            case .nothing: ("The domain of the address publishes no key for this person.", .plain)
            case .unavailable: ("Nothing can be looked up from here.", .warn)
            case .failed: ("The domain could not be asked, or did not prove its name. Try again later.", .warn)
            case .refused(let refusal): (refusal.sentence, .bad)
            }
        return .page(try await page(visit).with(.init(text: visit.words(text), tone: tone)))
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let contact: ContactID = try visit.identifier("contact")
        let requester = try visit.requester
        guard let person = try await visit.contacts.summaries(of: [contact], by: requester).first else {
            throw NotFound()
        }
        let proposed = try await visit.facades.recipientKeys.proposals(of: contact, by: requester)
        let keys = proposed + (try await visit.facades.recipientKeys.keys(of: contact, by: requester))
        let mayEdit = requester.may(.editContacts)
        let content = RecipientKeyContent(
            summary: ErrorSummary(visit.words, problem.map { [$0] } ?? []),
            formHref: visit.path("contacts", "\(contact)", "keys").text,
            lookUpHref: mayEdit ? visit.path("contacts", "\(contact)", "keys", "look-up").text : nil,
            keys: keys.map { row($0, mayEdit: mayEdit, visit) },
            hasKeys: !keys.isEmpty,
            mayEdit: mayEdit
        )
        var page = Page(
            visit.words("Certificates and keys"),
            .staff(section: .contacts),
            lede: visit.words("What messages to this person are encrypted to."),
            content: content
        )
        page.crumbs = [
            .init(label: visit.words("Contacts"), href: visit.base + "/contacts"),
            .init(label: person.name, href: visit.path("contacts", "\(contact)").text),
        ]
        return page
    }

    private static func row(_ key: HeldKey, mayEdit: Bool, _ visit: Visit) -> RecipientKeyContent.Key {
        let words = visit.words
        return .init(
            kind: key.isCertificate ? words("S/MIME certificate") : words("OpenPGP key"),
            algorithm: key.bits > 0
                ? words("{algorithm}, {bits} bits", ["algorithm": key.algorithm, "bits": "\(key.bits)"])
                : "",
            standing: key.acceptance == .proposed
                ? StatusModel(words("waits for you"), .warn) : status(key.standing, words),
            sentence: key.acceptance == .proposed
                ? words("It is not used before somebody has compared its fingerprint with the person.")
                : words(key.standing.sentence),
            fingerprint: key.spacedFingerprint,
            until: key.validUntil.map { visit.moment($0) },
            added: visit.moment(key.addedAt),
            removeHref: mayEdit && key.acceptance != .proposed
                ? visit.path("contacts", "\(key.contact)", "keys", "\(key.id)", "remove").text : nil,
            reasonName: reasonName(key.id),
            origin: words(key.origin.sentence),
            authority: key.isCertificate
                ? words(key.revocation?.sentence ?? "Not checked yet: its authority was not asked.") : nil,
            checkHref: mayEdit && key.isCertificate
                ? visit.path("contacts", "\(key.contact)", "keys", "\(key.id)", "check").text : nil,
            isProposed: mayEdit && key.acceptance == .proposed,
            decideHref: visit.path("contacts", "\(key.contact)", "keys", "\(key.id)", "decide").text
        )
    }

    private static func reasonName(_ key: RecipientKeyID) -> String { "reason-\(key)" }

    private static func status(_ standing: KeyStanding, _ words: Words) -> StatusModel {
        switch standing {
        case .usable: StatusModel(words("in use"), .good)
        case .endsSoon: StatusModel(words("expires soon"), .warn)
        case .notYetValid: StatusModel(words("not yet valid"), .warn)
        case .notChecked: StatusModel(words("not checked"), .warn)
        case .expired: StatusModel(words("has expired"), .bad)
        case .notUsable: StatusModel(standing.isRevoked ? words("revoked") : words("cannot be used"), .bad)
        }
    }
}
