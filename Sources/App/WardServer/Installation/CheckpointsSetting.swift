// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands

/// Keeps where checkpoints go in the configuration file, for every later command.
enum CheckpointsSetting {
    /// The configuration with this folder. Writes it into the file unless it says so already.
    ///
    /// - Parameter file: the configuration file's path, which may not exist yet.
    static func keep(
        _ folder: String,
        in file: String,
        _ configuration: ServerConfiguration,
        _ directory: DataDirectory
    ) throws -> ServerConfiguration {
        guard folder != configuration.auditCheckpoints else { return configuration }
        if let problem = ServerConfiguration.checkpointsProblem(folder, dataDirectory: directory.path) {
            throw CommandFailure("--checkpoints \(problem)", status: .usage)
        }
        var text = ""
        if FileManager.default.fileExists(atPath: file) {
            do {
                text = try String(contentsOfFile: file, encoding: .utf8)
            } catch {
                throw CommandFailure("The configuration file \(file) cannot be read as UTF-8 text with your rights.")
            }
            let hasSection = text.split(separator: "\n").contains { $0.hasPrefix("audit:") }
            guard !hasSection else {
                throw CommandFailure(
                    "The configuration file \(file) says something about audit already: set audit.checkpoints there."
                )
            }
        }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += "audit:\n  checkpoints: \(quoted(folder))\n"
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw CommandFailure("The configuration file \(file) cannot be written with your rights.")
        }
        var changed = configuration
        changed.auditCheckpoints = folder
        return changed
    }

    /// A YAML text in single quotes, in which only the quote itself is special.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
