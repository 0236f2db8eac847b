// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

/// What a handler answers; the site turns it into a response with every header in place.
struct Reply: Sendable {
    enum Content: Sendable {
        case page(Page)
        /// A piece of a page, for the enhancement modules.
        case fragment(any PageModel)
        case seeOther(LocalPath)
        case download(DownloadName, contentType: StaticString, body: DownloadBody)
    }

    enum DownloadBody: Sendable {
        case text(String)
        case octets([UInt8])
        /// Pieces until nil; the producer holds at most one.
        case pieces(@Sendable () async throws -> String?)
    }

    enum SessionChange: Sendable {
        case open(OpenedSession)
        /// A person was recognised on the patients' site.
        case openPatient(Sensitive<String>)
        case close
    }

    var content: Content
    var status = 200
    var sessionChange: SessionChange?

    /// A page inside the frame of its site.
    static func page(_ page: Page, status: Int = 200) -> Reply { Reply(content: .page(page), status: status) }

    static func seeOther(_ path: LocalPath) -> Reply { Reply(content: .seeOther(path), status: 303) }

    static func fragment(_ model: any PageModel) -> Reply { Reply(content: .fragment(model)) }

    static func download(_ name: DownloadName, csv text: String) -> Reply {
        Reply(content: .download(name, contentType: "text/csv; charset=utf-8", body: .text(text)))
    }

    /// A file that somebody else made: whatever it is, a browser keeps it and does not run or show it.
    static func download(file name: String, _ octets: [UInt8]) -> Reply {
        Reply(
            content: .download(
                DownloadName(file: name),
                contentType: "application/octet-stream",
                body: .octets(octets)
            )
        )
    }

    func opening(_ session: OpenedSession) -> Reply {
        var reply = self
        reply.sessionChange = .open(session)
        return reply
    }

    func opening(patientVisit token: Sensitive<String>) -> Reply {
        var reply = self
        reply.sessionChange = .openPatient(token)
        return reply
    }

    func closingSession() -> Reply {
        var reply = self
        reply.sessionChange = .close
        return reply
    }
}

/// A page: its frame's values and its content.
struct Page: Sendable {
    enum Frame: Sendable {
        /// Top bar and side navigation.
        case staff(section: Section?)
        /// One narrow column: sign-in, one-time links, errors for people who are not signed in.
        case plain
        /// The patients' frame: the organization's name and nothing else.
        case patient
    }

    let title: String
    /// What the browser's window and history show, where the title says who somebody is or what about: a browser keeps its
    /// history on disk. Nil shows the title.
    var windowTitle: String?
    let frame: Frame
    /// One line of what this page is.
    var lede: String?
    var action: Action?
    /// A sentence about what the last request did.
    var notice: Notice?
    var crumbs: [Crumb] = []
    let content: any PageModel

    init(_ title: String, _ frame: Frame, lede: String? = nil, action: Action? = nil, content: any PageModel) {
        self.title = title
        self.frame = frame
        self.lede = lede
        self.action = action
        self.content = content
    }

    /// The primary action at the right of the header: a link that says what will happen.
    struct Action: Sendable {
        let label: String
        let href: String
    }

    struct Crumb: Sendable {
        let label: String
        let href: String
    }

    struct Notice: Sendable {
        enum Tone: String, Sendable { case good, warn, bad, plain }
        let text: String
        var tone: Tone = .good
        /// What can be undone, and where.
        var undo: Action?
    }

    func with(_ notice: Notice?) -> Page {
        var page = self
        page.notice = notice
        return page
    }
}

/// The staff navigation, in order. A section is shown to those who may use its first page.
enum Section: String, Sendable, CaseIterable {
    case home, contacts, segments, messages, campaigns, consent, audit, settings

    /// Nil when no page of this section exists yet, or nobody needs a permission.
    var permission: Permission? {
        switch self {
        case .home, .settings: nil
        case .contacts: .viewContacts
        case .segments: .viewSegments
        case .messages: .viewMessages
        case .campaigns: .viewCampaigns
        case .consent: .viewConsent
        case .audit: .viewAudit
        }
    }

    var label: String {
        switch self {
        case .home: "Home"
        case .contacts: "Contacts"
        case .segments: "Segments"
        case .messages: "Messages"
        case .campaigns: "Campaigns"
        case .consent: "Consent"
        case .audit: "Audit"
        case .settings: "Settings"
        }
    }

    var path: String { self == .home ? "" : "/" + rawValue }
}
