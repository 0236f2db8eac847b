// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import WardCommands

/// The terminal, or the pipe, that the process itself was started with.
package final class TerminalOutput: CommandOutput {
    package let isTerminal: Bool
    package let width: Int
    /// Whether a progress line stands unfinished on the terminal.
    private let isRedrawing = Mutex(false)

    package init() {
        isTerminal = isatty(STDOUT_FILENO) == 1
        var size = winsize()
        width =
            isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 100
    }

    package func line(_ text: String) async { write(STDOUT_FILENO, clear() + text + "\n") }

    package func problem(_ text: String) async {
        write(STDOUT_FILENO, clear())
        write(STDERR_FILENO, text + "\n")
    }

    package func progress(_ text: String) async {
        guard isTerminal else { return }
        let start = clear()
        isRedrawing.withLock { $0 = true }
        write(STDOUT_FILENO, start + String(text.prefix(width - 1)))
    }

    package func endProgress() async { write(STDOUT_FILENO, clear()) }

    private func clear() -> String {
        isRedrawing.withLock { redrawing in
            defer { redrawing = false }
            return redrawing ? "\r\u{1b}[2K" : ""
        }
    }

    private func write(_ descriptor: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A closed pipe or terminal: nobody reads any more, and there is nowhere to say so.
            if written < 0 && errno != EINTR { return }
            bytes = bytes.dropFirst(max(0, written))
        }
    }
}
