// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCommands

/// Finds and reads the configuration file of a command.
package enum SettingsLoading {
    /// `--config`, else `ward.yaml` in the data directory when it is there.
    package static func values(
        option: String?,
        directory: DataDirectory,
        environment: [String: String]
    ) throws -> SettingValues {
        let path = option ?? directory.configurationPath
        var text = ""
        if FileManager.default.fileExists(atPath: path) {
            do {
                text = try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw CommandFailure("The configuration file \(path) cannot be read as UTF-8 text with your rights.")
            }
        } else if option != nil {
            throw CommandFailure("There is no configuration file \(path).")
        }
        do {
            return try SettingValues(file: text, environment: environment)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    package static func configuration(_ values: SettingValues, _ directory: DataDirectory) throws -> ServerConfiguration
    {
        do {
            return try ServerConfiguration(values: values, dataDirectory: directory.path)
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
