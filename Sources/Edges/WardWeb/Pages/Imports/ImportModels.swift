// SPDX-License-Identifier: Apache-2.0

import WardRender

struct ImportListContent: PageModel {
    static let template = "imports/list"

    struct Row: Sendable {
        let rowName: String
        let rowHref: String
        let status: StatusModel
        let rowsDone: String
        let added: String
        let rejected: String
        let at: MomentModel
    }

    let rows: [Row]
    let hasRows: Bool
    let summary: ErrorSummary?
}

/// What Ward understood of a file, beside its first rows, to be corrected and started.
struct ImportPreviewContent: PageModel {
    static let template = "imports/preview"

    struct Column: Sendable {
        let columnNumber: Int
        let columnHeader: String
        let columnType: String
        let columnFilled: String
        let isPHI: Bool
        let targets: [ChoiceModel]
        /// Nil unless the column becomes a new attribute.
        let created: Created?
        let dateOrders: [ChoiceModel]
        let columnNotes: [String]
    }

    /// A new attribute's type and whether it is protected.
    struct Created: Sendable {
        let createdNumber: Int
        let kinds: [ChoiceModel]
        let protections: [ChoiceModel]
    }

    struct Sample: Sendable {
        let sampleRow: String
        let cells: [Cell]
        let sampleProblems: [String]
        let isRejected: Bool
    }

    struct Cell: Sendable {
        let cellText: String
        let understood: String?
    }

    let importIdentifier: String
    let summary: ErrorSummary?
    let fileNotes: [String]
    let rowTotal: String
    let columns: [Column]
    let headers: [String]
    let samples: [Sample]
    let phiColumns: String
    let emailTemplate: FieldModel
    let source: FieldModel
    let purposes: [ChoiceModel]
    let origin: FieldModel
    let wording: FieldModel
    let obtained: FieldModel
}

/// A running or finished import.
struct ImportProgressContent: PageModel {
    static let template = "imports/progress"

    struct Count: Sendable {
        let countLabel: String
        let countNumber: String
    }

    let importIdentifier: String
    let isRunning: Bool
    let status: StatusModel
    let done: Int
    let total: Int
    let line: String
    let counts: [Count]
    let problem: String?
    let hasRejected: Bool
    let mayUndo: Bool
    let summary: ErrorSummary?
}

/// The part of the progress page that is looked at again every second.
struct ImportFollowContent: PageModel {
    static let template = "imports/follow"
    let progress: ImportProgressContent
}
