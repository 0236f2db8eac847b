// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel

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
    /// command line and the demo. A process that dies in the middle leaves a started import that a worker goes on with.
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
        switch try await start(id, choices, by: requester) {
        case .started: break
        case .notStartable(let problems): return .refused(problems.map(\.sentence))
        case .notFound, .alreadyPast: return .refused(["The import was changed by somebody else meanwhile."])
        }
        return .imported(try await runOrFollow(id, by: requester, progress: report))
    }

    /// Runs a started import; where a server's worker takes it over, follows that one to the end.
    private func runOrFollow(
        _ id: ImportID,
        by requester: Requester,
        progress report: @Sendable (ImportProgress) -> Void
    ) async throws -> ImportProgress {
        do {
            return try await run(id, of: requester.organization, progress: report)
        } catch ImportInterruption.overtaken {
            while let progress = try await self.progress(of: id, by: requester) {
                guard progress.state == .running else { return progress }
                report(progress)
                try await surroundings.wait(.milliseconds(200))
            }
            throw ImportInterruption.notFound
        }
    }
}
