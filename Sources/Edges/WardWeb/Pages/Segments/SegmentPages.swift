// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRender
import WardSegments

struct SegmentContent: PageModel {
    static let template = "segments/detail"

    struct Line: Sendable {
        let lineText: String
        let each: String
        let left: String
        let indentClass: String
    }

    struct Member: Sendable {
        let memberName: ProtectedValueModel
        let memberAge: String
        let whyHref: String
        let contactHref: String
    }

    let segmentIdentifier: String
    let countText: String
    let populationText: String
    let sparkMarkup: Markup
    let rule: String?
    let lines: [Line]
    let members: [Member]
    let membersNote: String?
    let mayEdit: Bool
    let mayReveal: Bool
    let isRevealed: Bool
    let summary: ErrorSummary?
    let useHref: String?
}

struct WhyContent: PageModel {
    static let template = "segments/why"

    struct Term: Sendable {
        let termText: String
        let status: StatusModel
        let termReason: String?
        let indentClass: String
    }

    let answer: String
    let terms: [Term]
    let contactHref: String
}

enum SegmentPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func delete(_ visit: Visit) async throws -> Reply {
        do {
            try await visit.segments.delete(try visit.identifier("segment"), by: try visit.requester)
        } catch let error as SegmentsError {
            if case .noSuchSegment = error { throw NotFound() }
            return .page(try await page(visit, problem: ("delete", visit.words(error.description))), status: 422)
        }
        return .seeOther(visit.path("segments"))
    }

    static func why(_ visit: Visit) async throws -> Reply {
        let segment: SegmentID = try visit.identifier("segment")
        let contact: ContactID = try visit.identifier("contact")
        let explanation: MembershipExplanation
        do {
            explanation = try await visit.segments.why(contact, in: segment, by: try visit.requester)
        } catch SegmentsError.noSuchSegment, SegmentsError.noSuchPerson {
            throw NotFound()
        }
        let words = visit.words
        let content = WhyContent(
            answer: words(explanation.isMember ? "This person belongs." : "This person does not belong."),
            terms: explanation.terms.map { term in
                .init(
                    termText: term.term.expose(for: .disclosing) { $0 },
                    status: StatusModel(words(term.holds ? "holds" : "does not hold"), term.holds ? .good : .plain),
                    termReason: term.reason?.expose(for: .disclosing) { $0 },
                    indentClass: "indent-\(min(term.depth, 4))"
                )
            },
            contactHref: visit.base + "/contacts/\(contact)"
        )
        var page = Page(words("Why?"), .staff(section: .segments), content: content)
        page.crumbs = [
            .init(label: words("Segments"), href: visit.base + "/segments"),
            .init(label: words("The segment"), href: visit.base + "/segments/\(segment)"),
        ]
        return .page(page)
    }

    /// Names of ten members, each a disclosure with the reason.
    static func reveal(_ visit: Visit) async throws -> Reply {
        let segment: SegmentID = try visit.identifier("segment")
        let requester = try visit.requester
        let reason = try visit.form.text("reason")
        guard !reason.isEmpty else {
            let text = visit.words("Say why you need to see these values.")
            return .page(try await page(visit, problem: ("reason", text)), status: 422)
        }
        var names: [ContactID: String] = [:]
        for member in try await visit.segments.members(of: segment, by: requester).members {
            let outcome = try await visit.contacts.reveal(
                member.contact,
                fields: [.givenName, .familyName],
                reason: Sensitive(reason),
                by: requester
            )
            guard case .revealed(let facts) = outcome else { continue }
            names[member.contact] = facts.expose(for: .disclosing) { facts in
                [AttributeName.givenName, .familyName].compactMap { facts.attributes[$0]?.display }
                    .joined(separator: " ")
            }
        }
        return .page(try await page(visit, revealed: names))
    }

    static func page(
        _ visit: Visit,
        problem: (field: String, text: String)? = nil,
        revealed: [ContactID: String] = [:]
    ) async throws -> Page {
        let id: SegmentID = try visit.identifier("segment")
        let requester = try visit.requester
        let facade = visit.segments
        let segment: Segment
        do {
            segment = try await facade.segment(id, by: requester)
        } catch SegmentsError.noSuchSegment {
            throw NotFound()
        }
        let words = visit.words
        let tally = segment.rule == nil ? nil : try await facade.count(id, by: requester)
        let (members, note) = try await members(of: segment, visit, revealed)
        let content = SegmentContent(
            segmentIdentifier: "\(id)",
            countText: tally.map { "\($0.count)" } ?? "–",
            populationText: tally.map { words("of {count} people", count: $0.population) } ?? "",
            sparkMarkup: sparkline(segment, visit),
            rule: segment.rule?.expose(for: .disclosing) { $0 },
            lines: (tally?.lines ?? []).map(line),
            members: members,
            membersNote: note,
            mayEdit: requester.may(.editSegments) && segment.rule != nil,
            mayReveal: requester.may(.revealContacts) && !members.isEmpty && revealed.isEmpty,
            isRevealed: !revealed.isEmpty,
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            useHref: requester.may(.editCampaigns) ? visit.base + "/campaigns" : nil
        )
        var page = Page(segment.name, .staff(section: .segments), content: content)
        page.crumbs = [.init(label: words("Segments"), href: visit.base + "/segments")]
        return page
    }

    private static func members(
        of segment: Segment,
        _ visit: Visit,
        _ revealed: [ContactID: String]
    ) async throws -> ([SegmentContent.Member], note: String?) {
        let requester = try visit.requester
        guard segment.rule != nil else {
            return ([], visit.words("This segment speaks of health. Your roles do not show who is in it."))
        }
        guard requester.may(.viewContacts) else {
            return ([], visit.words("Your roles show how many people are in it, not who."))
        }
        do {
            let page = try await visit.segments.members(of: segment.id, by: requester)
            let members = page.members.map { member in
                SegmentContent.Member(
                    memberName: ProtectedValueModel(
                        phiText: revealed[member.contact] ?? member.maskedName,
                        isMasked: revealed[member.contact] == nil
                    ),
                    memberAge: member.age?.expose(for: .disclosing) { "\($0)" } ?? "–",
                    whyHref: visit.base + "/segments/\(segment.id)/why/\(member.contact)",
                    contactHref: visit.base + "/contacts/\(member.contact)"
                )
            }
            return (members, members.isEmpty ? visit.words("Nobody is in this segment now.") : nil)
        } catch SegmentsError.tooFew {
            return ([], visit.words(SegmentsError.tooFew.description))
        }
    }

    static func line(_ line: LineTally) -> SegmentContent.Line {
        .init(
            lineText: line.text.expose(for: .disclosing) { $0 },
            each: "\(line.each)",
            left: line.left.map { "\($0)" } ?? "",
            indentClass: "indent-\(min(line.depth, 4))"
        )
    }

    static func sparkline(_ segment: Segment, _ visit: Visit) -> Markup {
        let counts = segment.sizes.compactMap { size -> Int? in
            if case .exactly(let count) = size.size { count } else { nil }
        }
        guard let first = counts.first, let last = counts.last else { return .empty }
        let title = visit.words(
            "From {first} to {last} in at most twelve weeks",
            ["first": Numbers.grouped(first), "last": Numbers.grouped(last)]
        )
        return Charts.sparkline(counts, title: title)
    }
}
