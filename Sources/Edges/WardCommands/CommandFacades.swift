// SPDX-License-Identifier: Apache-2.0

/// The façades that commands call, built by the composition root.
package struct CommandFacades: Sendable {
    package init() {}
}
