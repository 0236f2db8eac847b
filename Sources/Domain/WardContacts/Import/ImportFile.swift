// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel
import WardQueue
import WardStorage

/// The bytes of a file of this machine, in pieces of 256 KiB.
package struct FileBytes: AsyncSequence {
    package typealias Element = [UInt8]
    private let handle: FileHandle

    /// Throws what the operating system says when the file cannot be opened.
    package init(path: String) throws {
        handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let handle: FileHandle

        package mutating func next() async throws -> [UInt8]? {
            guard let data = try handle.read(upToCount: 256 * 1_024), !data.isEmpty else {
                try handle.close()
                return nil
            }
            return Array(data)
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }
}

/// What became of importing a file in one go.
package enum ImportFileOutcome: Hashable, Sendable {
    case imported(ImportProgress)
    /// The file's problem, or what is wrong with the choices, in sentences.
    case refused([String])
}

extension Contacts {
    /// Uploads, starts with what was proposed (or as `adjust` corrects it) and runs to the end in this call: for the
    /// command line and the demo. Workers leave it alone while its chunks follow one another; a process that dies in the
    /// middle leaves a started import that a worker goes on with a minute later.
    package func importFile<Bytes: AsyncSequence>(
        fileName: String,
        _ bytes: Bytes,
        source: String,
        emailTemplate: EmailTemplate? = nil,
        basis: WritingBasis? = nil,
        list: ListID? = nil,
        by requester: Requester,
        adjust: (inout ImportMapping) -> Void = { _ in },
        progress report: @Sendable (ImportProgress) -> Void = { _ in }
    ) async throws -> ImportFileOutcome where Bytes.Element == [UInt8] {
        let id: ImportID
        switch try await upload(fileName: fileName, bytes, by: requester) {
        case .refused(_, let problem): return .refused([problem.description])
        case .ready(let ready): id = ready
        }
        guard let preview = try await preview(id, rows: 1, by: requester) else { return .refused(["Not found."]) }
        var mapping = preview.mapping
        mapping.emailTemplate = emailTemplate ?? mapping.emailTemplate
        adjust(&mapping)
        let choices = ImportChoices(mapping: mapping, source: source, basis: basis, list: list)
        try requester.require(.importContacts)
        let started = try await store.write { tx in
            try self.start(id, choices, headStart: Self.headStart, by: requester, in: tx)
        }
        switch started {
        case .started: break
        case .notStartable(let problems): return .refused(problems.map(\.sentence))
        case .notFound, .alreadyPast: return .refused(["The import was changed by somebody else meanwhile."])
        }
        return .imported(try await runOrFollow(id, by: requester, progress: report))
    }

    /// Runs a started import ahead of the workers; where one takes it over all the same, follows that one to the end.
    private func runOrFollow(
        _ id: ImportID,
        by requester: Requester,
        progress report: @Sendable (ImportProgress) -> Void
    ) async throws -> ImportProgress {
        do {
            return try await runAhead(id, of: requester.organization, progress: report)
        } catch ImportInterruption.overtaken {
            while let progress = try await self.progress(of: id, by: requester) {
                guard progress.state == .running else { return progress }
                report(progress)
                try await surroundings.wait(.milliseconds(200))
            }
            throw ImportInterruption.notFound
        }
    }

    private func runAhead(
        _ id: ImportID,
        of organization: OrganizationID,
        progress report: @Sendable (ImportProgress) -> Void
    ) async throws -> ImportProgress {
        let progress = try await run(
            id,
            of: organization,
            inEachChunk: { tx in
                let time = self.surroundings.now() + Self.headStart
                try self.queue.reschedule(
                    .contactsImport,
                    organization: organization,
                    reference: id.bytes,
                    at: time,
                    in: tx
                )
            },
            progress: report
        )
        try await store.write { tx in
            _ = try self.queue.cancel(.contactsImport, organization: organization, reference: id.bytes, in: tx)
        }
        return progress
    }

    /// From one chunk to the next: a worker that took the import meanwhile would overtake this call.
    private static let headStart: Duration = .minutes(1)
}
