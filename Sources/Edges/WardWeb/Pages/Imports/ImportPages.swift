// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRender

/// Upload, look and correct, start, follow, undo.
enum ImportPages {
    static func list(_ visit: Visit) async throws -> Reply { .page(try await listPage(visit, problem: nil)) }

    static func upload(_ visit: Visit) async throws -> Reply {
        guard let upload = visit.upload else { throw BadRequest(reason: .missingField) }
        let outcome = try await visit.contacts.upload(
            fileName: upload.fileName,
            UploadedBytes(upload: upload),
            by: try visit.requester
        )
        switch outcome {
        case .ready(let id): return .seeOther(visit.path("imports", "\(id)"))
        case .refused(_, let problem):
            return .page(try await listPage(visit, problem: visit.words(problem.description)), status: 422)
        }
    }

    static func show(_ visit: Visit) async throws -> Reply {
        let progress = try await found(visit)
        if progress.state == .ready { return .page(try await ImportPreviewPage.page(visit, mapping: nil)) }
        return .page(page(visit, progress))
    }

    static func progress(_ visit: Visit) async throws -> Reply {
        .fragment(ImportFollowContent(progress: content(visit, try await found(visit))))
    }

    static func start(_ visit: Visit) async throws -> Reply {
        let id: ImportID = try visit.identifier("import")
        let requester = try visit.requester
        guard let preview = try await visit.contacts.preview(id, by: requester) else { throw NotFound() }
        let mapping = try ImportMappingForm.mapping(visit.form, preview.columns, preview.mapping)
        if try ImportMappingForm.isPatternBroken(visit.form) {
            return .page(try await ImportPreviewPage.page(visit, mapping: mapping), status: 422)
        }
        guard try visit.form.text("do") == "start" else {
            return .page(try await ImportPreviewPage.page(visit, mapping: mapping))
        }
        let choices = ImportChoices(
            mapping: mapping,
            source: try visit.form.text("source"),
            basis: try ImportMappingForm.basis(visit)
        )
        switch try await visit.contacts.start(id, choices, by: requester) {
        case .started, .alreadyPast: return .seeOther(visit.path("imports", "\(id)"))
        case .notFound: throw NotFound()
        case .notStartable(let problems):
            return .page(try await ImportPreviewPage.page(visit, mapping: mapping, problems: problems), status: 422)
        }
    }

    static func undo(_ visit: Visit) async throws -> Reply {
        let id: ImportID = try visit.identifier("import")
        let reason = Sensitive(try visit.form.text("reason"))
        switch try await visit.contacts.undo(id, reason: reason, by: try visit.requester) {
        case .undone: return .seeOther(visit.path("imports", "\(id)"))
        case .notFound: throw NotFound()
        case .reasonMissing:
            let text = visit.words("Say why the import is undone.")
            return .page(page(visit, try await found(visit), problem: text), status: 422)
        case .peopleWereWrittenTo(let count):
            let text = visit.words(
                "{count} {count|person|people} of this import {count|was|were} written to since. It cannot be undone any more; correct them one by one.",
                count: count
            )
            return .page(page(visit, try await found(visit), problem: text), status: 422)
        case .notUndoable:
            let text = visit.words("This import has not ended, or was undone before: there is nothing to undo.")
            return .page(page(visit, try await found(visit), problem: text), status: 422)
        }
    }

    static func rejected(_ visit: Visit) async throws -> Reply {
        let id: ImportID = try visit.identifier("import")
        guard let rows = try await visit.contacts.exportRejected(of: id, by: try visit.requester) else {
            throw NotFound()
        }
        let name = DownloadName("rejected-rows", extension: "csv")
        return Reply(
            content: .download(
                name,
                contentType: "text/csv; charset=utf-8",
                body: .pieces { try await rows.next().map { String(decoding: $0, as: UTF8.self) } }
            )
        )
    }

    // MARK: Pages

    private static func found(_ visit: Visit) async throws -> ImportProgress {
        let id: ImportID = try visit.identifier("import")
        guard let progress = try await visit.contacts.progress(of: id, by: try visit.requester) else {
            throw NotFound()
        }
        return progress
    }

    private static func listPage(_ visit: Visit, problem: String?) async throws -> Page {
        let words = visit.words
        let imports = try await visit.contacts.imports(by: try visit.requester)
        let content = ImportListContent(
            rows: imports.map { progress in
                .init(
                    rowName: progress.fileName,
                    rowHref: visit.base + "/imports/\(progress.id)",
                    status: status(progress.state, words),
                    rowsDone: Numbers.grouped(progress.rowsDone),
                    added: Numbers.grouped(progress.counts.added),
                    rejected: Numbers.grouped(progress.counts.rejected),
                    at: visit.moment(progress.createdAt)
                )
            },
            hasRows: !imports.isEmpty,
            summary: ErrorSummary(words, problem.map { [("file", $0)] } ?? [])
        )
        var page = Page(
            words("Import people"),
            .staff(section: .contacts),
            lede: words(
                "A CSV file of people or of their records, or a FHIR export. Nothing is imported before you have looked."
            ),
            content: content
        )
        page.crumbs = [.init(label: words("Contacts"), href: visit.base + "/contacts")]
        return page
    }

    private static func page(_ visit: Visit, _ progress: ImportProgress, problem: String? = nil) -> Page {
        var page = Page(
            progress.fileName,
            .staff(section: .contacts),
            content: content(visit, progress, problem: problem)
        )
        page.crumbs = [
            .init(label: visit.words("Contacts"), href: visit.base + "/contacts"),
            .init(label: visit.words("Import people"), href: visit.base + "/imports"),
        ]
        return page
    }

    static func content(
        _ visit: Visit,
        _ progress: ImportProgress,
        problem: String? = nil
    ) -> ImportProgressContent {
        let words = visit.words
        let counts = progress.counts
        let total = progress.rowTotal ?? 0
        let isRunning = progress.state == .running || progress.state == .undoing
        let rate = isRunning ? progress.rate.map { Int($0.rounded()) } : nil
        var line = words(
            "{done} of {total} rows",
            ["done": Numbers.grouped(progress.rowsDone), "total": Numbers.grouped(total)]
        )
        if let rate, rate > 0 {
            let left = max(0, total - progress.rowsDone) / rate
            line +=
                ", " + words("{count} a second", count: rate) + ", "
                + words("{count} {count|second|seconds} left", count: left)
        }
        return ImportProgressContent(
            importIdentifier: "\(progress.id)",
            isRunning: isRunning,
            status: status(progress.state, words),
            done: progress.rowsDone,
            total: max(total, 1),
            line: line,
            counts: [
                ("Added", counts.added), ("Updated", counts.updated), ("Unchanged", counts.unchanged),
                ("Possible duplicates", counts.possibleDuplicates), ("Rejected", counts.rejected),
                ("Cells left out", counts.noted),
            ].map { .init(countLabel: words($0.0), countNumber: Numbers.grouped($0.1)) },
            problem: progress.problem.map { words($0) },
            hasRejected: counts.rejected > 0 && !isRunning,
            mayUndo: progress.state == .finished || progress.state == .failed,
            summary: ErrorSummary(words, problem.map { [("reason", $0)] } ?? [])
        )
    }

    private static func status(_ state: ImportState, _ words: Words) -> StatusModel {
        switch state {
        case .uploading: StatusModel(words("uploading"), .plain)
        case .ready: StatusModel(words("to be looked at"), .warn)
        case .refused: StatusModel(words("refused"), .bad)
        case .running: StatusModel(words("running"), .plain)
        case .finished: StatusModel(words("finished"), .good)
        case .failed: StatusModel(words("stopped"), .bad)
        case .undoing: StatusModel(words("being undone"), .plain)
        case .undone: StatusModel(words("undone"), .plain)
        }
    }
}

/// An upload's pieces as a sequence.
private struct UploadedBytes: AsyncSequence, Sendable {
    let upload: Upload

    struct AsyncIterator: AsyncIteratorProtocol {
        let upload: Upload
        mutating func next() async throws -> [UInt8]? { try await upload.nextPiece() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(upload: upload) }
}
