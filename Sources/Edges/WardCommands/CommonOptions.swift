// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

/// The options that every command takes.
package struct CommonOptions: ParsableArguments, Sendable {
    @Option(name: .long, help: ArgumentHelp("The data directory. Also WARD_DATA.", valueName: "dir"))
    package var data: String?

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    package var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The organization, when the data directory holds several.", valueName: "name")
    )
    package var organization: String?

    @Flag(name: .long, help: "Answer in JSON, for machines.")
    package var json = false

    package init() {}
}
