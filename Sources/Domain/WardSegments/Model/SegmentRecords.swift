// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardVault

extension RecordKind {
    /// A segment's name.
    package static let segmentName = RecordKind(number: 70, name: "segment name")
    /// One version of a segment's rule: the text and the tree as JSON.
    package static let segmentRule = RecordKind(number: 71, name: "segment rule")
}

extension BlindIndexKind {
    /// Tells whether a segment's name is taken, without regard to case and accents.
    package static let segmentName = BlindIndexKind(number: 70, name: "segment name")
}

extension AuditAction {
    /// A segment was made.
    package static let segmentCreate = AuditAction(rawValue: "segment.create")
    /// A segment's rule was changed.
    package static let segmentUpdate = AuditAction(rawValue: "segment.update")
    package static let segmentRename = AuditAction(rawValue: "segment.rename")
    package static let segmentDelete = AuditAction(rawValue: "segment.delete")
    /// A rule, stored or being written, was counted; the size is among the facts, the rule is the sealed reason.
    package static let segmentCount = AuditAction(rawValue: "segment.count")
    /// Masked members of a segment were shown.
    package static let segmentMembers = AuditAction(rawValue: "segment.members")
    /// It was shown why one person is in a segment or not.
    package static let segmentExplain = AuditAction(rawValue: "segment.explain")
    /// A segment became the audience of something; the size is among the facts.
    package static let segmentAudience = AuditAction(rawValue: "segment.audience")
}
