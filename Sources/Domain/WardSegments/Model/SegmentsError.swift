// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Why segments do not do what was asked. Mistakes in a rule are a `SegmentSyntaxError`.
package enum SegmentsError: Error, Hashable, Sendable, CustomStringConvertible {
    case noSuchSegment(SegmentID)
    case noSuchVersion(SegmentID, Int64)
    case noSuchPerson(ContactID)
    /// The rule speaks of health, and the requester may not filter by that. The names are those of fields and records.
    case clinicalTerms([String])
    case nameTaken
    /// Names have 1 to 120 characters on one line.
    case badName
    /// Somebody else changed it since the version that was edited.
    case changedMeanwhile(SegmentID, current: Int64)
    case inUse([SegmentUse])
    /// Fewer than eleven people are in it, and the requester may not see who they are.
    case tooFew
    /// The system's time zone database lacks the organization's zone.
    case unknownTimeZone
    /// The stored rule does not open as a rule.
    case damaged(SegmentID)

    package var description: String {
        switch self {
        case .noSuchSegment: "There is no such segment. It may have been deleted."
        case .noSuchVersion(_, let version): "This segment has no version \(version)."
        case .noSuchPerson: "There is no such person in this organization."
        case .clinicalTerms(let fields):
            "The rule asks about health (\(fields.listed)). This needs the permission filterByClinical, which your roles "
                + "do not give."
        case .nameTaken: "Another segment has this name. Choose a different one."
        case .badName: "A segment's name has 1 to 120 characters on one line."
        case .changedMeanwhile(_, let current):
            "Somebody else changed this segment meanwhile; it is at version \(current) now. Look at that version, then "
                + "change it again."
        case .inUse(let uses):
            "This segment is used by \(uses.count == 1 ? "1 thing" : "\(uses.count) things"), and is not deleted."
        case .tooFew: "Fewer than 11 people are in this segment; who they are is not shown to your roles."
        case .unknownTimeZone: "The organization's time zone is not known here. Install the package tzdata."
        case .damaged: "The stored rule of this segment does not open. Restore it from an earlier version."
        }
    }
}
