// SPDX-License-Identifier: Apache-2.0

import Yams

/// What is wrong with the configuration: all of it, one sentence each, with no value repeated.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let problems: [String]
    package init(_ problems: [String]) { self.problems = problems }
    package var description: String { problems.joined(separator: "\n") }
}

/// Where a setting's value comes from.
package enum SettingSource: Equatable, Sendable {
    case standard
    case file(line: Int)
    case environment
}

/// The values of all settings: the file's, overridden by the environment's, else the standard ones.
package struct SettingValues: Sendable {
    private var values: [String: (text: String, source: SettingSource)] = [:]

    /// - Parameters:
    ///   - file: the YAML text, empty when there is no file.
    ///   - environment: the process's environment; a variable `WARD_…` that names no setting is an error too, but for
    ///     `WARD_DATA`, `WARD_SAMPLES` and what the tests use (`WARD_TEST_…`).
    package init(file: String, environment: [String: String]) throws(ConfigurationError) {
        var problems: [String] = []
        readFile(file, &problems)
        readEnvironment(environment, &problems)
        if !problems.isEmpty { throw ConfigurationError(problems) }
    }

    package func text(_ setting: Setting) -> String { values[setting.key]?.text ?? setting.standard }

    package func source(_ setting: Setting) -> SettingSource { values[setting.key]?.source ?? .standard }

    private mutating func readFile(_ file: String, _ problems: inout [String]) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: file)
        } catch let error as YamlError {
            problems.append("The configuration file is not YAML\(Self.place(of: error)).")
            return
        } catch {
            problems.append("The configuration file is not YAML.")
            return
        }
        guard let root, root.null == nil else { return }
        guard case .mapping(let mapping) = root else {
            problems.append(
                "The configuration file must be a list of settings such as `staff:` and `listen: …` below it."
            )
            return
        }
        read(mapping, prefix: "", &problems)
    }

    private mutating func read(_ mapping: Node.Mapping, prefix: String, _ problems: inout [String]) {
        for (key, node) in mapping {
            let name = prefix + (key.string ?? "")
            let line = key.mark?.line ?? 0
            if case .mapping(let inner) = node, Setting.all.contains(where: { $0.key.hasPrefix(name + ".") }) {
                read(inner, prefix: name + ".", &problems)
            } else if let setting = Setting.all.first(where: { $0.key == name }) {
                guard case .scalar(let scalar) = node else {
                    problems.append("Line \(line): `\(name)` takes one value.")
                    continue
                }
                values[setting.key] = (scalar.string, .file(line: line))
            } else {
                problems.append("Line \(line): there is no setting `\(name)`.\(Self.suggestion(for: name))")
            }
        }
    }

    private mutating func readEnvironment(_ environment: [String: String], _ problems: inout [String]) {
        let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.environmentName, $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("WARD_") {
            if ["WARD_DATA", "WARD_SAMPLES", "WARD_RECORD"].contains(name) || name.hasPrefix("WARD_TEST_") { continue }
            guard let setting = known[name] else {
                problems.append("The environment variable \(name) names no setting.")
                continue
            }
            values[setting.key] = (value, .environment)
        }
    }

    private static func place(of error: YamlError) -> String {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            ": line \(mark.line), column \(mark.column)"
        default: ""
        }
    }

    private static func suggestion(for name: String) -> String {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let near = Setting.all.filter { setting in
            setting.key.hasSuffix(last) || setting.key.lowercased() == name.lowercased()
        }
        return near.isEmpty ? "" : " Is `\(near[0].key)` meant?"
    }
}
