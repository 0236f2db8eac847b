// SPDX-License-Identifier: Apache-2.0

package import WardAudit

extension AuditAction {
    /// A person was added by hand.
    package static let contactCreate = AuditAction(rawValue: "contact.create")
    /// Attributes of a person were changed by hand; the entry names them.
    package static let contactEdit = AuditAction(rawValue: "contact.edit")
    /// Protected values of a person were shown to staff; the entry names the fields.
    package static let contactReveal = AuditAction(rawValue: "contact.reveal")
    /// People were looked for by an exact value or by name.
    package static let contactSearch = AuditAction(rawValue: "contact.search")
    /// Two people who may be one were reviewed.
    package static let contactReviewDuplicate = AuditAction(rawValue: "contact.review_duplicate")
    /// The organization defined an attribute of its own.
    package static let attributeDefine = AuditAction(rawValue: "contact.define_attribute")
    /// A list was made, renamed or deleted, or its members changed.
    package static let listChange = AuditAction(rawValue: "contact_list.change")
    /// A file was uploaded for an import.
    package static let importUpload = AuditAction(rawValue: "contact_import.upload")
    /// The first rows of an uploaded file were shown.
    package static let importPreview = AuditAction(rawValue: "contact_import.preview")
    /// An import was started, with its counts of columns.
    package static let importStart = AuditAction(rawValue: "contact_import.start")
    /// A chunk of rows was imported; the entry counts what became of them.
    package static let importRows = AuditAction(rawValue: "contact_import.rows")
    /// An import ended.
    package static let importFinish = AuditAction(rawValue: "contact_import.finish")
    /// The rejected rows of an import were downloaded.
    package static let importRejectedExport = AuditAction(rawValue: "contact_import.export_rejected")
    /// An import was undone, or a part of undoing it was.
    package static let importUndo = AuditAction(rawValue: "contact_import.undo")
}
