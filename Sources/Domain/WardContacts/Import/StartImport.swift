// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardQueue
import WardStorage

extension WorkKind {
    /// Import the rows of one uploaded file; the reference is the import's identifier.
    package static let contactsImport = WorkKind("contacts.import")
}

/// What keeps an import from starting.
package struct ImportProblem: Hashable, Sendable {
    /// What must be corrected.
    package enum Place: Hashable, Sendable {
        case columns, source, basis, list
    }

    package let place: Place
    /// For the person who corrects it.
    package let sentence: String

    package init(_ place: Place, _ sentence: String) {
        self.place = place
        self.sentence = sentence
    }
}

/// What became of starting an import.
package enum StartImportOutcome: Hashable, Sendable {
    case started
    /// What is wrong with the mapping or the choices.
    case notStartable([ImportProblem])
    case notFound
    /// It was started, refused or undone before.
    case alreadyPast(ImportState)
}

extension Contacts {
    /// Starts a looked-through import: its rows are imported by `ImportWorker`, and nothing is lost when that stops.
    package func start(
        _ id: ImportID,
        _ choices: ImportChoices,
        by requester: Requester
    ) async throws -> StartImportOutcome {
        try requester.require(.importContacts)
        return try await store.write { tx in try self.start(id, choices, by: requester, in: tx) }
    }

    /// Lets a worker go on with an import that stopped on an unexpected failure. False when none of its work waits.
    package func resume(_ id: ImportID, by requester: Requester) async throws -> Bool {
        try requester.require(.importContacts)
        return try await store.write { tx in
            let organization = requester.organization
            let now = self.surroundings.now()
            let waiting = try self.queue.reschedule(
                .contactsImport,
                organization: organization,
                reference: id.bytes,
                at: now,
                in: tx
            )
            guard waiting > 0 else { return false }
            let object = AuditObject(kind: "contact_import", id)
            let entry = AuditEntry(.importStart, object: object, facts: ["step": "resume"])
            try self.audit.record(entry, by: requester, in: tx)
            return true
        }
    }

    /// - Parameter headStart: so long workers leave the import to whoever starts it.
    func start(
        _ id: ImportID,
        _ choices: ImportChoices,
        headStart: Duration = .zero,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> StartImportOutcome {
        let organization = requester.organization
        guard var opened = try openImport(id, of: organization, in: tx) else { return .notFound }
        guard opened.stored.state == .ready else { return .alreadyPast(opened.stored.state) }
        let problems = try self.problems(of: choices, opened.settings, organization: organization, in: tx)
        guard problems.isEmpty else { return .notStartable(problems) }
        for case .newAttribute(let definition) in choices.mapping.columns.map(\.target) {
            _ = try define(definition, by: requester, in: tx)
        }
        opened.settings.mapping = choices.mapping
        opened.settings.source = CellText.trimmed(choices.source)
        opened.settings.basis = choices.basis
        opened.settings.list = choices.list
        opened.settings.roles = requester.roles.sorted { $0.rawValue < $1.rawValue }
        let sealed = try seal(opened.settings, of: id, organization: organization, in: tx)
        try ImportQueries.put(id, state: .running, settings: sealed, of: organization, in: tx)
        try ImportQueries.started(
            id,
            requester: requester.identifier,
            of: organization,
            at: surroundings.now(),
            in: tx
        )
        try queue.enqueue(
            .contactsImport,
            organization: organization,
            reference: id.bytes,
            runAt: surroundings.now() + headStart,
            priority: .bulk,
            in: tx
        )
        try audit.record(
            AuditEntry(
                .importStart,
                object: AuditObject(kind: "contact_import", id),
                facts: [
                    "columns": "\(choices.mapping.columns.count { $0.target != .skip })",
                    "basis": choices.basis == nil ? "none" : "given",
                ]
            ),
            by: requester,
            in: tx
        )
        return .started
    }

    private func problems(
        of choices: ImportChoices,
        _ settings: ImportSettings,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ImportProblem] {
        var problems = choices.mapping.problems.map { ImportProblem(.columns, $0) }
        func add(_ place: ImportProblem.Place, _ sentence: String) { problems.append(.init(place, sentence)) }
        if CellText.trimmed(choices.source).isEmpty {
            add(.source, "Name the source: the system that gave the record numbers, the same for each of its files.")
        }
        if settings.format != .fhirPatients, choices.mapping.columns.map(\.header) != settings.proposals.map(\.header) {
            add(.columns, "The mapping names other columns than the file has. Load the page again.")
        }
        if case .records = choices.mapping.subject, settings.format == .fhirPatients {
            add(.columns, "A file of Patient resources holds people, not dated records.")
        }
        if choices.basis != nil, consent == nil {
            add(.basis, "This installation cannot record on what basis people may be written to.")
        }
        if let basis = choices.basis, CellText.trimmed(basis.origin).isEmpty || basis.wordingVersion.isEmpty {
            add(.basis, "Say where the agreement was obtained and which wording the people saw.")
        }
        if let list = choices.list, try !ListQueries.exists(list, of: organization, in: tx) {
            add(.list, "The list was deleted meanwhile. Choose another.")
        }
        return problems
    }
}
