// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum SegmentSizeQueries {
    /// The size of a day; a later count of the same day takes its place.
    static func put(
        _ size: Int,
        on day: CalendarDate,
        of segment: SegmentID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO segment_size (organization, segment, day, size)
            VALUES (\(organization), \(segment), \(day.daysSince1970), \(size))
            ON CONFLICT (organization, segment, day) DO UPDATE SET size = excluded.size
            """
        )
    }

    /// The sizes from a day on, by segment, oldest first.
    static func all(
        since day: CalendarDate,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SegmentID: [(day: CalendarDate, size: Int)]] {
        var result: [SegmentID: [(day: CalendarDate, size: Int)]] = [:]
        try tx.forEachRow(
            """
            SELECT segment, day, size FROM segment_size
            WHERE organization = \(organization) AND day >= \(day.daysSince1970) ORDER BY segment, day
            """
        ) { row in
            let segment: SegmentID = try row.value(at: 0)
            result[segment, default: []].append(
                (CalendarDate(daysSince1970: try row.value(at: 1)), try row.value(at: 2))
            )
        }
        return result
    }
}
