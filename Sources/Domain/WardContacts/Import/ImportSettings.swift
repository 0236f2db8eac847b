// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

/// How an uploaded file is written.
package enum ImportFormat: Hashable, Sendable, Codable {
    case csv(CSVDialect)
    /// FHIR R4 Patient resources, one a line.
    case fhirPatients
}

/// Where an import stands.
package enum ImportState: String, Sendable, Codable, SQLConvertible {
    /// Bytes are coming in.
    case uploading
    /// Understood; waits to be started.
    case ready
    /// The file cannot be read; the problem says why.
    case refused
    case running
    case finished
    /// Stopped by a problem of the file that showed itself late; what was imported stays.
    case failed
    case undoing
    case undone
}

/// Everything about an import but its counts and its place; sealed.
struct ImportSettings: Codable, Sendable {
    var fileName: String
    var format: ImportFormat?
    var proposals: [ColumnProposal] = []
    var mapping: ImportMapping?
    var source = ""
    var basis: WritingBasis?
    var list: ListID?
    /// Why the file was refused or the import failed.
    var problem: String?
    /// What the file's first rows and whole told beside the columns, in sentences.
    var notes: [String] = []
    /// The roles of the person who started it; the account is the row's own column.
    var roles: [Role] = []
}

/// What the person who imports decides.
package struct ImportChoices: Hashable, Sendable {
    package var mapping: ImportMapping
    /// The feed that the record numbers belong to, such as `lakeside-ehr`: the same name for each file of that feed.
    package var source: String
    /// Nil: only classes of message that need no consent can reach these people.
    package var basis: WritingBasis?
    /// Everybody in the file is put on this list.
    package var list: ListID?

    package init(mapping: ImportMapping, source: String, basis: WritingBasis? = nil, list: ListID? = nil) {
        self.mapping = mapping
        self.source = source
        self.basis = basis
        self.list = list
    }
}

/// What became of the rows so far. For files of dated records, `added` and `unchanged` count records.
package struct ImportCounts: Hashable, Sendable, Codable {
    package var added = 0
    package var updated = 0
    package var unchanged = 0
    /// Of those added, the ones that may be somebody who was there already.
    package var possibleDuplicates = 0
    package var rejected = 0
    /// Cells that were not understood and left out of rows that were taken.
    package var noted = 0

    package init() {}
}

/// An import as pages and commands show it. It comes from rows: it survives a reload and a restart.
package struct ImportProgress: Hashable, Sendable {
    package let id: ImportID
    package let state: ImportState
    package let fileName: String
    package let format: ImportFormat?
    package let source: String
    package let byteCount: Int64
    /// Rows of the file below its header; nil before it was looked through.
    package let rowTotal: Int?
    /// Rows done.
    package let rowsDone: Int
    package let counts: ImportCounts
    package let createdAt: Timestamp
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    /// Rows per second since the start; nil before it.
    package let rate: Double?
    /// Why the file was refused or the import failed.
    package let problem: String?
}
