// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardCommands

/// The folder in which one installation keeps its data. One process owns it at a time.
package struct DataDirectory: Sendable, Hashable {
    /// Absolute, without a slash at the end.
    package let path: String

    package init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false).droppingLastSlash
    }

    /// `--data`, else `WARD_DATA`.
    package init(option: String?, environment: [String: String]) throws(CommandFailure) {
        guard let path = option ?? environment["WARD_DATA"], !path.isEmpty else {
            throw CommandFailure("Which data directory? Give --data DIR or set WARD_DATA.", status: .usage)
        }
        self.init(path: path)
    }

    package var databasePath: String { path + "/ward.sqlite" }
    package var lockPath: String { path + "/ward.lock" }
    /// A UNIX socket's address holds at most 107 bytes (unix(7)).
    package var socketPath: String { path + "/ward.sock" }
    package var uploadsPath: String { path + "/uploads" }
    /// The name under which the process that serves leases work.
    package var workOwnerPath: String { path + "/ward.worker" }
    package var configurationPath: String { path + "/ward.yaml" }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Makes the folder with mode 0700, or checks that it is one and that nobody else can read it.
    package func make() throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try FileManager.default.createDirectory(
                atPath: uploadsPath,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure(
                "The data directory \(path) cannot be made: check its parent folder and your rights on it."
            )
        }
    }

    /// Stops with a sentence when the folder is not there or others may read it.
    package func check() throws(CommandFailure) {
        guard exists else {
            throw CommandFailure("There is no data directory \(path). Make one with: ward init --data \(path)")
        }
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: path)
        } catch {
            throw CommandFailure("The data directory \(path) cannot be read with your rights.")
        }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            throw CommandFailure("Others can read the data directory \(path). Close it with: chmod 700 \(path)")
        }
    }
}

extension String {
    fileprivate var droppingLastSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
